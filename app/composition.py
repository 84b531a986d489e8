"""Builds the real runtime from settings for web, worker and command line; only the worker gets a signer."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import app.accounts.models
import app.assessment.models
import app.awarding.models
import app.credentials.models
import app.foundation.audit
import app.foundation.job_slots
import app.foundation.kept_answers
import app.foundation.kept_forms
import app.item_bank.models
import app.keying.models
import app.monitoring.models
import app.norming.models
import app.privacy.models
import app.results.models
import app.reviews.models
import app.transparency.models
import app.verification.models  # noqa: F401  every table is known once a runtime can be built
from app.accounts.keeping_mailer import KeepingMailer
from app.accounts.policy import AccountPolicy
from app.api.policy import ApiPolicy
from app.assessment.check_policy import CheckPolicy
from app.assessment.policy import SittingPolicy
from app.assessment.retention_policy import RetentionPolicy
from app.awarding.policy import AwardPolicy
from app.credentials.did import ED25519, LOG, RS256, did_web
from app.credentials.errors import KeyStoreRefused
from app.credentials.keys import PRIVATE_DIRECTORY_MODE, FileKeyStore, FileSigners
from app.credentials.policy import CredentialPolicy
from app.credentials.token_keys import Token, TokenSigners, open_session
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.clock import Clock, SystemClock
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.jobs import DurableJobs
from app.foundation.links import Links
from app.foundation.mail import Mailer, SmtpMailer, SpoolMailer
from app.foundation.policies import Policy, PolicyInvalid
from app.foundation.rates import RatePolicy, SharedNetworkPolicy
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings, made_once, with_embedded_secrets
from app.keying.policy import KeyingPolicy
from app.monitoring.policy import MonitoringPolicy
from app.norming.policy import NormPolicy
from app.operations.law_policy import LawPolicy
from app.reviews.policy import ReviewPolicy
from app.verification.policy import VerificationPolicy

POLICIES: tuple[type[Policy], ...] = (
    SittingPolicy,
    CheckPolicy,
    AwardPolicy,
    NormPolicy,
    KeyingPolicy,
    AccountPolicy,
    CredentialPolicy,
    VerificationPolicy,
    RatePolicy,
    SharedNetworkPolicy,
    ApiPolicy,
    MonitoringPolicy,
    ReviewPolicy,
    RetentionPolicy,
    LawPolicy,
)

PASSPHRASE_FILE = "passphrase"  # noqa: S105  a file's name


def mailer_for(settings: Settings, clock: Clock) -> Mailer:
    """Spool directory or SMTP, as MAIL_URL says."""
    spool = settings.spool_directory
    if spool is not None:
        return SpoolMailer(spool, sender=settings.mail_sender, clock=clock)
    return SmtpMailer(settings.mail_url, sender=settings.mail_sender, clock=clock)


def build_runtime(settings: Settings) -> Runtime:
    """The runtime of every door; it holds no signer."""
    settings = with_embedded_secrets(settings)
    clock = SystemClock()
    database = Database(settings.resolved_database_url)
    return Runtime(
        settings=settings,
        database=database,
        clock=clock,
        entropy=SystemEntropy(),
        jobs=DurableJobs(database),
        links=Links(settings.secret_keys),
        mailer=KeepingMailer(mailer_for(settings, clock), database, clock),
    )


def with_signer(runtime: Runtime) -> Runtime:
    """The worker's runtime: opens the device that holds the keys, or the key store with the passphrase.

    An installation older than JWTs has no key for them until `decile keys init` makes it.
    """
    if runtime.settings.has_keys_in_a_device:
        signers = _token_signers(runtime.settings, runtime.clock)
        if signers.newest(ED25519) is None:
            raise KeyStoreRefused("There is no signing key in the device. Run `decile keys init` as the worker's user.")
        return replace(runtime, signers=signers)
    store, passphrase = _key_store(runtime), _passphrase(runtime)
    store.open(passphrase)  # a wrong passphrase stops the worker at its start, not at its first signature
    return replace(runtime, signers=FileSigners(store, did_web(runtime.settings.base_url), passphrase, runtime.clock))


def init_signing_keys(runtime: Runtime) -> list[str]:
    """Make the first key of each algorithm that has none. Their ids are returned, never the keys."""
    if runtime.settings.has_keys_in_a_device:
        signers = _token_signers(runtime.settings, runtime.clock)
        absent = [algorithm for algorithm in (ED25519, RS256, LOG) if signers.newest(algorithm) is None]
        return [signers.make(algorithm, f"init at {runtime.clock.now()}").key_id for algorithm in absent]
    # The store makes its own directory private; one above it that is made on the way would be open to others.
    runtime.settings.data.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY_MODE)
    store, did = _key_store(runtime), did_web(runtime.settings.base_url)
    missing = [algorithm for algorithm in (ED25519, RS256, LOG) if not store.has(algorithm)]
    return [
        store.init(did, _passphrase(runtime), at=runtime.clock.now(), algorithm=algorithm).key_id
        for algorithm in missing
    ]


def open_keys(settings: Settings) -> tuple[str, ...]:
    """Ids of the signing keys on this machine, each opened once to see that it can be; nothing is made.

    Raises
    ------
    KeyStoreRefused
        If the passphrase, or the device's PIN, does not open one.
    """
    if settings.has_keys_in_a_device:
        held = (_token_signers(settings, SystemClock()).newest(algorithm) for algorithm in (ED25519, RS256))
        return tuple(signer.key_id for signer in held if signer is not None)
    store, passphrase = FileKeyStore(settings.key_directory), settings.key_passphrase
    beside = settings.key_directory / PASSPHRASE_FILE
    if not passphrase and settings.is_embedded and beside.is_file():
        passphrase = beside.read_text(encoding="utf-8")
    return tuple(store.open(passphrase, algorithm).key_id for algorithm in (ED25519, RS256) if store.has(algorithm))


def _token_signers(settings: Settings, clock: Clock) -> TokenSigners:
    opened = partial(open_session, str(settings.pkcs11_module), settings.pkcs11_token, settings.pkcs11_pin)
    return TokenSigners(Token(opened), did_web(settings.base_url), clock)


def _key_store(runtime: Runtime) -> FileKeyStore:
    return FileKeyStore(runtime.settings.key_directory)


def _passphrase(runtime: Runtime) -> str:
    """KEY_PASSPHRASE; in the embedded default a file beside the keys. docs/settings.md says what that is worth."""
    settings = runtime.settings
    if settings.key_passphrase or not settings.is_embedded:
        return settings.key_passphrase
    return made_once(settings.key_directory / PASSPHRASE_FILE, runtime.entropy.token())


def load_policy_file(runtime: Runtime) -> None:
    """Put the values of POLICY_FILE in force, each table as a new version if it differs from what holds.

    Raises
    ------
    PolicyInvalid
        For an unknown table or value, or a gate that would hold loosened under an issuer that is no trial issuer.
    """
    path = runtime.settings.policy_file
    if path is None:
        return
    tables = _tables(path)
    try:
        _put_in_force(tables, runtime)
    except IntegrityError:  # web and worker started together and the other was first: then nothing is left to set
        _put_in_force(tables, runtime)


def _tables(path: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise PolicyInvalid(f"POLICY_FILE {path.name} is not TOML: {problem}.") from None
    known = {policy.policy_name for policy in POLICIES}
    for name, values in tables.items():
        if name not in known:
            raise PolicyInvalid(f"POLICY_FILE: there is no policy [{name}]. Known are: {', '.join(sorted(known))}.")
        if not isinstance(values, Mapping):
            raise PolicyInvalid(f"POLICY_FILE: {name} is not one table; write [{name}] once, as a table.")
    return tables


def require_policy_file(path: Path) -> None:
    """What can be said of a policy file without the database, where policies that it does not name are in force.

    Raises
    ------
    PolicyInvalid
        As `load_policy_file`.
    """
    tables = _tables(path)
    named = [policy for policy in POLICIES if policy.policy_name in tables]
    held = [policies.parse_within_bounds(policy, tables[policy.policy_name]) for policy in named]
    if AwardPolicy in named:
        _refuse_loosening(held)


def strange_policy_values(path: Path | None, *, session: Session, at: datetime) -> tuple[str, ...]:
    """Stored values that this release passes over, once every policy was read as it would hold under the file.

    Raises
    ------
    PolicyInvalid
        As `load_policy_file`.
    """
    tables = _tables(path) if path else {}
    absent = [policy for policy in POLICIES if policy.policy_name not in tables]
    held = [policies.parse(policy, tables[policy.policy_name]) for policy in POLICIES if policy not in absent]
    _refuse_loosening([*held, *(policies.current(policy, session=session, at=at) for policy in absent)])
    return tuple(name for policy in absent for name in policies.strange_names(policy, session=session, at=at))


def _put_in_force(tables: Mapping[str, Mapping[str, Any]], runtime: Runtime) -> None:
    """All or nothing: what would hold is judged with the tables that an earlier file left in force."""
    now = runtime.clock.now()
    with runtime.transaction() as session:
        for policy in POLICIES:
            if policy.policy_name in tables:
                policies.set_policy(policy, tables[policy.policy_name], session=session, at=now, actor=operator())
        _refuse_loosening([policies.current(policy, session=session, at=now) for policy in POLICIES])


def _refuse_loosening(held: Sequence[Policy]) -> None:
    loose = {
        f"{policy.policy_name}.{gate}": getattr(type(policy)(), gate)
        for policy in held
        for gate in policies.loosened(policy)
    }
    is_trial = any(isinstance(policy, AwardPolicy) and policy.trial_issuer for policy in held)
    if loose and not is_trial:
        shipped = ", ".join(f"{gate} = {value}" for gate, value in loose.items())
        raise PolicyInvalid(
            f"With this POLICY_FILE {', '.join(loose)} would be loosened. Gates may only be tightened, unless [award] "
            "says trial_issuer = true; then every credential is a specimen. A table taken out of the file stays in "
            f"force: write the shipped value instead ({shipped})."
        )
