"""Builds the real runtime from settings for web, worker and command line; only the worker gets a signer."""

from __future__ import annotations

from app.foundation.clock import Clock, SystemClock
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.jobs import DurableJobs
from app.foundation.links import Links
from app.foundation.mail import Mailer, SmtpMailer, SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings, with_embedded_secrets

def mailer_for(settings: Settings, clock: Clock) -> Mailer:
    """Spool directory or SMTP, as MAIL_URL says."""
    spool = settings.spool_directory
    if spool is not None:
        return SpoolMailer(spool, sender=settings.mail_sender, clock=clock)
    return SmtpMailer(settings.mail_url, sender=settings.mail_sender, clock=clock)


def build_runtime(settings: Settings) -> Runtime:
    """The runtime of the web process and the command line. It forgets the key passphrase."""
    settings = with_embedded_secrets(settings).model_copy(update={"key_passphrase": ""})
    clock = SystemClock()
    database = Database(settings.resolved_database_url)
    return Runtime(
        settings=settings,
        database=database,
        clock=clock,
        entropy=SystemEntropy(),
        jobs=DurableJobs(database),
        links=Links(settings.secret_keys),
        mailer=mailer_for(settings, clock),
    )
