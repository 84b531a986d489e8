"""Breaks each rule once or more; never imported."""

import datetime
import os
import random
import urllib.request
import uuid
from datetime import datetime as instant

import flask
import requests
import sqlalchemy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from markupsafe import Markup
from sqlalchemy import text


def broken(session, connection, table, given, log, person, token):
    text(f"SELECT * FROM {table}")  # breaks sql-from-formatted-text
    sqlalchemy.text("SELECT * FROM " + table)  # breaks sql-from-formatted-text
    connection.exec_driver_sql(f"DROP TABLE {table}")  # breaks sql-from-formatted-text
    Markup(given)  # breaks markup-from-a-value
    instant.now()  # breaks clock-read-past-the-clock
    datetime.date.today()  # breaks clock-read-past-the-clock
    instant.fromtimestamp(given)  # breaks naive-instant
    instant(2026, 11, 28)  # breaks naive-instant
    given == 0.3  # breaks equality-with-a-float
    load_der_private_key(given, password=None)  # breaks private-key-outside-the-key-store
    Ed25519PrivateKey.generate()  # breaks private-key-outside-the-key-store
    os.environ["DECILE_DATA"]  # breaks environment-read-past-the-settings
    requests.get(given)  # breaks address-is-fetched
    urllib.request.urlopen(given)  # breaks address-is-fetched
    session.commit()  # breaks commit-in-a-use-case
    token == given  # breaks secret-compared-in-telling-time
    random.random()  # breaks chance-that-can-be-guessed
    uuid.uuid1()  # breaks chance-that-can-be-guessed
    log.info("signed in", email=person.email)  # breaks person-in-a-log-line
    return flask.redirect(flask.request.args.get("next"))  # breaks redirect-to-where-a-stranger-says


def well(session, table, clock, given, log, person):
    text("SELECT * FROM person WHERE id = :id")
    Markup("<b>ours</b>")
    clock.now()
    instant(2026, 11, 28, tzinfo=datetime.UTC)
    given == 0.0
    session.flush()
    log.info("signed in", person=person.id)
    return flask.redirect(flask.url_for("home.front"))
