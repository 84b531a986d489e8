"""Settings are read once, at the door, into a frozen object that refuses to start half-configured."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.foundation import addresses

PREFIX = "DECILE_"
BELONGS_TO_TESTS = ("DECILE_TEST_", "DECILE_REQUIRE_")
SHORTEST_SECRET = 32
SHORTEST_PASSPHRASE = 16  # of keys and of backups: both stand against guessing by whoever took a file
PLACEHOLDER = "CHANGE-ME"  # of the examples in deploy/
DEFAULT_ORIGIN = "http://localhost:8000"  # a name, because no passkey can belong to an address of numbers
DATABASE_FILE = "decile.sqlite3"


class SettingsRefused(SystemExit):
    """One clear line, and no start."""

    def __init__(self, line: str) -> None:
        super().__init__(f"decile: {line}")


class Settings(BaseSettings):
    """What an operator may set; see docs/settings.md. Every name begins with DECILE_ in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    data: Path = Path("instance")
    database_url: Annotated[str, AfterValidator(addresses.database)] = ""
    base_url: Annotated[str, AfterValidator(addresses.origin)] = DEFAULT_ORIGIN
    secret_keys: Annotated[tuple[str, ...], NoDecode] = Field(default=(), repr=False)
    key_passphrase: str = Field(default="", repr=False)
    pkcs11_module: Path | None = None
    pkcs11_token: str = ""
    pkcs11_pin: str = Field(default="", repr=False)
    backup_passphrase: str = Field(default="", repr=False)
    mail_url: Annotated[str, AfterValidator(addresses.mail)] = ""
    mail_sender: Annotated[str, AfterValidator(addresses.mailbox)] = "Decile <no-reply@localhost.localdomain>"
    redis_url: Annotated[str, AfterValidator(addresses.redis)] = ""
    dask_scheduler: Annotated[str, AfterValidator(addresses.scheduler)] = ""
    policy_file: Path | None = None
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    threads: int = Field(default=8, ge=1, le=64)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(default=0, ge=0, le=65535)

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # the parent names each source; we keep one
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  part of the signature
        **sources: Any,
    ) -> tuple[Any, ...]:
        """Only what `read_settings` hands over: it has already read, and checked, the environment."""
        return (sources["init_settings"],)

    @field_validator("secret_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        keys = tuple(key.strip() for key in value.split(",") if key.strip())
        if not keys:  # to make keys of our own instead would sign everybody out, and differ between processes
            raise ValueError("names no key between its commas; give one, or leave the setting out")
        return keys

    @field_validator("data")
    @classmethod
    def _is_no_file(cls, value: Path) -> Path:
        _require_directory(value)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> Settings:
        for name, value in self:
            if PLACEHOLDER in str(value):
                raise ValueError(f"{name.upper()} still says {PLACEHOLDER}, as the example does: put your own there")
        if any(len(key) < SHORTEST_SECRET for key in self.secret_keys):
            raise ValueError(f"SECRET_KEYS: each key needs at least {SHORTEST_SECRET} characters")
        if self.database_url and not self.secret_keys and not self.is_embedded:
            raise ValueError("SECRET_KEYS is needed beside DATABASE_URL: every process must share the same keys")
        if self.policy_file is not None and not self.policy_file.is_file():
            raise ValueError(f"POLICY_FILE: there is no file {self.policy_file}")
        if self.spool_directory is not None:
            _require_directory(self.spool_directory, "MAIL_URL: ")
        if (self.pkcs11_module is None) != (not self.pkcs11_token) or (self.pkcs11_pin and not self.pkcs11_token):
            raise ValueError("PKCS11_MODULE and PKCS11_TOKEN belong together; the worker needs PKCS11_PIN beside them")
        if self.pkcs11_module is not None and not self.pkcs11_module.is_file():
            raise ValueError(f"PKCS11_MODULE: there is no library {self.pkcs11_module}")
        return self

    @property
    def has_keys_in_a_device(self) -> bool:
        """Whether a PKCS #11 token holds the signing keys, and not the key directory."""
        return self.pkcs11_module is not None

    @property
    def is_embedded(self) -> bool:
        """Whether everything lives in the data directory of one machine."""
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def resolved_database_url(self) -> str:
        """The database's URL, by default a file in the data directory."""
        return self.database_url or f"sqlite:///{(self.data / DATABASE_FILE).resolve()}"

    @property
    def spool_directory(self) -> Path | None:
        """Where mail is spooled, or None where it goes out over SMTP."""
        if not self.mail_url:
            return self.data / "mail"
        parts = urlsplit(self.mail_url)
        return Path(parts.path or str(self.data / "mail")) if parts.scheme == "file" else None

    @property
    def key_directory(self) -> Path:
        """Where the worker keeps its encrypted signing keys."""
        return self.data / "keys"

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS; cookies and HSTS follow."""
        return self.base_url.startswith("https:")


def _require_directory(path: Path, field: str = "") -> None:
    """It need not be there yet, but nothing on the way to it may be a file."""
    there = next(one for one in (path, *path.absolute().parents) if os.path.exists(one))  # noqa: PTH110  never raises
    if not there.is_dir():
        raise ValueError(f"{field}{there} is a file; name a directory")


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; anything unknown or half-set stops the start with one line."""
    given = dict(os.environ if environment is None else environment)
    ours = {name: value for name, value in given.items() if name.startswith(PREFIX)}
    ours = {name: value for name, value in ours.items() if not name.startswith(BELONGS_TO_TESTS)}
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    for name in sorted(ours.keys() - known.keys()):
        raise SettingsRefused(f"{name} is not a setting. Known are: {', '.join(sorted(known))}.")
    try:
        return Settings(**{known[name]: value for name, value in ours.items() if value != ""})  # type: ignore[arg-type]
    except ValidationError as problem:
        first = problem.errors()[0]
        field = PREFIX + str(first["loc"][0]).upper() if first["loc"] else "settings"
        raise SettingsRefused(f"{field}: {first['msg'].removeprefix('Value error, ')}.") from None


def with_embedded_secrets(settings: Settings) -> Settings:
    """Embedded default: make the cookie and link keys once, into the data directory, readable by us alone."""
    if settings.secret_keys:
        return settings
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys = json.loads(made_once(settings.data / "secret_keys.json", json.dumps([secrets.token_urlsafe(48)])))
    return settings.model_copy(update={"secret_keys": tuple(keys)})


def made_once(path: Path, text: str) -> str:
    """The text of a private file, written now if it is not there yet; two processes starting together agree."""
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")  # no room is needed for what is there
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path.read_text(encoding="utf-8")
