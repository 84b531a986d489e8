"""Builds the Flask application around a runtime it is given."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from app.accounts import queries as accounts
from app.accounts import views as accounts_views
from app.api import views as api_views
from app.assessment import views as assessment_views
from app.awarding import views as awarding_views
from app.credentials import views as credentials_views
from app.desk import views as desk_views
from app.foundation import health_views, policies
from app.foundation.access import Actor
from app.foundation.rates import RatePolicy, SharedNetworkPolicy
from app.foundation.runtime import Runtime
from app.foundation.shipped import drawing
from app.foundation.web.application import init_web
from app.foundation.web.sign_ins import Holders
from app.home import views as home_views
from app.keying import views as keying_views
from app.monitoring import views as monitoring_views
from app.norming import views as norming_views
from app.privacy import views as privacy_views
from app.reviews import views as reviews_views
from app.transparency import views as transparency_views
from app.verification import views as verification_views

BLUEPRINTS = (
    health_views.bp,
    home_views.bp,
    accounts_views.bp,
    assessment_views.bp,
    awarding_views.bp,
    desk_views.bp,
    keying_views.bp,
    monitoring_views.bp,
    norming_views.bp,
    credentials_views.bp,
    transparency_views.bp,
    verification_views.bp,
    reviews_views.bp,
    privacy_views.bp,
    api_views.bp,
)


def create_app(runtime: Runtime) -> Flask:
    """The web application over `runtime`; touches the database once, to read the rates."""
    app = Flask(__name__)
    drawing()
    with runtime.reading() as session:
        rates = policies.current(RatePolicy, session=session, at=runtime.clock.now())
        shared = policies.current(SharedNetworkPolicy, session=session, at=runtime.clock.now())

    def load_actor(token: str) -> Actor | None:
        with runtime.database.looking() as connection:
            return accounts.actor_for_session(token, session=connection, at=runtime.clock.now())

    def load_former(token: str) -> UUID | None:
        with runtime.reading() as session:
            return accounts.holder_of_ended(token, session=session, at=runtime.clock.now())

    init_web(app, runtime, rates=rates, shared=shared, holders=Holders(load_actor, load_former))
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
