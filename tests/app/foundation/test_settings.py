"""A process starts with settings that make sense, or says in one line why it does not."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.foundation.settings import SettingsRefused, made_once, read_settings, with_embedded_secrets

KEY = "k" * 32


def test_nothing_set_is_the_embedded_default(tmp_path):
    settings = read_settings({"DECILE_DATA": str(tmp_path)})

    assert settings.is_embedded
    assert settings.resolved_database_url == f"sqlite:///{tmp_path / 'decile.sqlite3'}"
    assert settings.spool_directory == tmp_path / "mail"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DECILE_DATABSE_URL": "x"}, "DECILE_DATABSE_URL"),
        ({"DECILE_DATABASE_URL": "postgresql+psycopg://h/d"}, "SECRET_KEYS"),
        ({"DECILE_DATABASE_URL": "postgresql+psycopg://h/d", "DECILE_SECRET_KEYS": "short"}, "32 characters"),
        ({"DECILE_SECRET_KEYS": f"{KEY},CHANGE-ME-to-48-random-characters-newest"}, "SECRET_KEYS still says CHANGE-ME"),
        ({"DECILE_KEY_PASSPHRASE": "CHANGE-ME-to-a-long-passphrase"}, "KEY_PASSPHRASE still says CHANGE-ME"),
        ({"DECILE_MAIL_URL": "smtp://decile:CHANGE-ME@mail.example:587"}, "MAIL_URL still says CHANGE-ME"),
        ({"DECILE_SECRET_KEYS": ","}, "DECILE_SECRET_KEYS: names no key"),
        ({"DECILE_DATA": "/etc/hostname"}, "DECILE_DATA: /etc/hostname is a file; name a directory"),
        ({"DECILE_DATA": "/etc/hostname/data"}, "DECILE_DATA: /etc/hostname is a file; name a directory"),
        ({"DECILE_MAIL_URL": "file:/etc/hostname"}, "MAIL_URL: /etc/hostname is a file; name a directory"),
        ({"DECILE_BASE_URL": "decile.example"}, "DECILE_BASE_URL"),
        ({"DECILE_BASE_URL": "https://decile.example/app"}, "origin"),
        ({"DECILE_BASE_URL": "https://u:p@decile.example"}, "origin"),
        ({"DECILE_BASE_URL": "https://decile.example#top"}, "origin"),
        ({"DECILE_BASE_URL": "https://decile.example/?"}, "origin"),
        ({"DECILE_BASE_URL": "https://decile.example:eighty"}, "DECILE_BASE_URL: has a host or port"),
        ({"DECILE_DATABASE_URL": "nonsense"}, "DECILE_DATABASE_URL: must be postgresql"),
        ({"DECILE_DATABASE_URL": "postgres://u:p@h/d"}, r"postgresql\+psycopg://.* \(postgres:// and"),
        ({"DECILE_DATABASE_URL": "postgresql://u:p@h/d"}, "DECILE_DATABASE_URL"),
        ({"DECILE_DATABASE_URL": "postgresql+psycopg://h:port/d"}, "DECILE_DATABASE_URL"),
        ({"DECILE_DATABASE_URL": "mysql://h/d"}, "DECILE_DATABASE_URL"),
        ({"DECILE_DATABASE_URL": "sqlite://"}, "sqlite:////directory/file"),
        ({"DECILE_MAIL_URL": "mailto:x"}, "DECILE_MAIL_URL"),
        ({"DECILE_MAIL_URL": "smtp://host:abc"}, "DECILE_MAIL_URL: has a host or port"),
        ({"DECILE_MAIL_URL": "smtp://a..b"}, "DECILE_MAIL_URL: has a host or port"),
        ({"DECILE_MAIL_URL": "smtp:mail.example:587"}, "DECILE_MAIL_URL: names no host"),
        ({"DECILE_MAIL_URL": "smtp://[::1"}, "DECILE_MAIL_URL"),
        ({"DECILE_MAIL_SENDER": "Decile"}, "DECILE_MAIL_SENDER"),
        ({"DECILE_MAIL_SENDER": "a@b.example\nBcc: c@d.example"}, "DECILE_MAIL_SENDER"),
        ({"DECILE_REDIS_URL": "nonsense"}, "DECILE_REDIS_URL: must be redis://"),
        ({"DECILE_REDIS_URL": "redis://host:abc"}, "DECILE_REDIS_URL: has a host or port"),
        ({"DECILE_REDIS_URL": "redis://host/0?foo=bar"}, "DECILE_REDIS_URL: says something after the \\?"),
        ({"DECILE_REDIS_URL": "redis://host/0?socket_timeout=x"}, "DECILE_REDIS_URL: says something after the \\?"),
        ({"DECILE_REDIS_URL": "redis://host/name"}, "DECILE_REDIS_URL: names a database by a word"),
        ({"DECILE_DASK_SCHEDULER": "tcp://host:abc"}, "DECILE_DASK_SCHEDULER: has a host or port"),
        ({"DECILE_DASK_SCHEDULER": "scheduler:8786"}, "tls://host:port"),
        ({"DECILE_PORT": "eighty"}, "DECILE_PORT"),
        ({"DECILE_POLICY_FILE": "/nowhere.toml"}, "POLICY_FILE"),
        ({"DECILE_PKCS11_TOKEN": "decile"}, "PKCS11_MODULE and PKCS11_TOKEN"),
        ({"DECILE_PKCS11_MODULE": "/nowhere.so"}, "PKCS11_MODULE and PKCS11_TOKEN"),
        ({"DECILE_PKCS11_PIN": "4711"}, "PKCS11_MODULE and PKCS11_TOKEN"),
        ({"DECILE_PKCS11_MODULE": "/nowhere.so", "DECILE_PKCS11_TOKEN": "decile"}, "no library"),
    ],
)
def test_unknown_or_half_set_settings_stop_the_start_with_one_line(environment, named):
    with pytest.raises(SettingsRefused, match=named) as refused:
        read_settings(environment)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["DECILE_DATABASE_URL", "DECILE_MAIL_URL", "DECILE_REDIS_URL", "DECILE_BASE_URL"])
def test_a_password_in_an_address_is_not_told(name):
    for scheme in ("postgres", "smtp", "redis", "https", "ftp"):
        with pytest.raises(SettingsRefused) as refused:
            read_settings({name: f"{scheme}://user:pass#word@host:abc"})
        assert "word" not in str(refused.value).replace("password", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("BASE_URL", "https://decile.example:8443"),
        ("BASE_URL", "http://[::1]:8000"),
        ("DATABASE_URL", "sqlite:////srv/decile.sqlite3"),
        ("DATABASE_URL", "postgresql+psycopg://decile:a#b/c?d@host:5432/decile"),
        ("DATABASE_URL", "postgresql+psycopg:///decile?host=/run/postgresql"),
        ("MAIL_URL", "smtps://decile:a%23b@mail.example:465"),
        ("MAIL_URL", "file:/var/spool/decile"),
        ("MAIL_SENDER", "no-reply@decile.example"),
        ("REDIS_URL", "redis://:secret@host:6379/0"),
        ("REDIS_URL", "redis+unix:///run/redis.sock"),
        ("REDIS_URL", "redis+unix:///run/redis.sock?db=1"),
        ("REDIS_URL", "rediss://host/1?ssl_ca_certs=/etc/ssl/ours.pem"),
    ],
)
def test_whole_addresses_are_taken_as_they_are(name, text):
    settings = read_settings({f"DECILE_{name}": text, "DECILE_SECRET_KEYS": KEY})
    assert getattr(settings, name.lower()) == text


def test_names_of_the_tests_are_left_alone():
    read_settings({"DECILE_TEST_PG": "x", "DECILE_REQUIRE_BROWSER": "1", "HOME": "/"})


def test_secret_keys_are_a_list_newest_first_and_never_shown():
    settings = read_settings({"DECILE_SECRET_KEYS": f"{KEY}1,{KEY}2", "DECILE_KEY_PASSPHRASE": "hush"})
    in_device = {"DECILE_PKCS11_MODULE": __file__, "DECILE_PKCS11_TOKEN": "decile", "DECILE_PKCS11_PIN": "4711"}

    assert settings.secret_keys == (f"{KEY}1", f"{KEY}2")
    assert "hush" not in repr(settings)
    assert "4711" not in repr(read_settings(in_device))
    assert KEY not in repr(settings)


def test_embedded_keys_are_made_once_and_private(tmp_path):
    settings = read_settings({"DECILE_DATA": str(tmp_path)})

    first, second = with_embedded_secrets(settings), with_embedded_secrets(settings)

    assert first.secret_keys == second.secret_keys
    assert (tmp_path / "secret_keys.json").stat().st_mode & 0o777 == 0o600


def test_processes_that_start_together_agree_on_what_is_made_once(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda n: made_once(tmp_path / "secret", f"{n}" * 50), range(16)))
    assert len(set(texts)) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "secret"]


def test_what_is_made_already_needs_no_room_and_what_finds_none_leaves_nothing(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    made_once(tmp_path / "made", "before")
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))  # as on a full disk: files can be made, and take no byte
    try:
        assert made_once(tmp_path / "made", "anew") == "before"
        with pytest.raises(OSError, match="too large"):
            made_once(tmp_path / "secret", "x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == [tmp_path / "made"]
