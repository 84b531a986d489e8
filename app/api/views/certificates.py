"""A person's own certificates: see them, carry the signed document elsewhere, choose who may see the page."""

from __future__ import annotations

from typing import Any

from app.accounts.scopes import Scope
from app.api import shapes, shown
from app.api.errors import CodeMistyped
from app.api.operations import SIGNED_JSON, Answer, Operation
from app.api.paging import page_of
from app.api.views.door import Call, Reply, serves
from app.credentials import codes, queries
from app.credentials.errors import CredentialNotFound, NameRefused, TypingError
from app.credentials.queries import CredentialView
from app.credentials.set_visibility import set_visibility
from app.credentials.states import Visibility
from app.foundation.web.process import runtime
from app.verification.certificate_address import certificate_address

TAG = "certificates"
LIST = Operation(
    name="listCertificates",
    method="GET",
    rule="/certificates",
    tag=TAG,
    summary="Your certificates, newest first",
    scope=Scope.CERTIFICATES_READ,
    query=shapes.PageQuery,
    answers={200: Answer("A page of certificates.", shapes.CertificatePage)},
)
SHOW = Operation(
    name="getCertificate",
    method="GET",
    rule="/certificates/<code>",
    tag=TAG,
    summary="One of your certificates",
    scope=Scope.CERTIFICATES_READ,
    refusals=(CredentialNotFound, CodeMistyped),
    answers={200: Answer("The certificate.", shapes.Certificate)},
)
DOCUMENT = Operation(
    name="getSignedDocument",
    method="GET",
    rule="/certificates/<code>/document",
    tag=TAG,
    summary="The signed document, byte by byte",
    scope=Scope.CERTIFICATES_READ,
    refusals=(CredentialNotFound, CodeMistyped),
    answers={200: Answer("An Open Badges 3.0 credential.", shapes.SignedDocument, SIGNED_JSON)},
)
SHOW_OR_HIDE = Operation(
    name="setVisibility",
    method="PUT",
    rule="/certificates/<code>/visibility",
    tag=TAG,
    summary="Choose who may see the page of a certificate",
    detail="Nobody, whoever has the link, or everybody and search engines too. Sent again it changes nothing.",
    scope=Scope.CERTIFICATES_WRITE,
    body=shapes.SetVisibility,
    refusals=(CredentialNotFound, CodeMistyped, NameRefused),
    answers={200: Answer("The certificate as it is shown now.", shapes.Certificate)},
)


@serves(LIST)
def list_certificates(call: Call) -> Reply:
    """Show a person's own."""
    with runtime().reading() as session:
        held = queries.credentials_of(call.person_id, session=session)
    page = page_of(held, key=lambda view: view.code, cursor=call.query.cursor, limit=call.query.limit)
    entries = [_certificate(view) for view in page.entries]
    return Reply(shapes.CertificatePage(entries=entries, next_cursor=page.next_cursor))


@serves(SHOW)
def show(call: Call, code: str) -> Reply:
    """Show one."""
    with runtime().reading() as session:
        return Reply(_certificate(_own(call, code, session=session)))


@serves(DOCUMENT)
def signed_document(call: Call, code: str) -> Reply:
    """Give the document as it was signed."""
    with runtime().reading() as session:
        return Reply(_own(call, code, session=session).signed_document or "")


@serves(SHOW_OR_HIDE)
def show_or_hide(call: Call, code: str) -> Reply:
    """Open or hide the page."""
    here = runtime()

    def choose(session: Any) -> Reply:
        set_visibility(
            _own(call, code, session=session).code,
            Visibility(call.body.visibility),
            shown_name=call.body.shown_name,
            session=session,
            clock=here.clock,
            actor=call.actor,
        )
        return Reply(_certificate(_own(call, code, session=session)))

    return call.once(choose)


def _own(call: Call, code: str, *, session: Any) -> CredentialView:
    try:
        return queries.own_credential(codes.read_code(code), call.person_id, session=session)
    except TypingError:
        raise CodeMistyped from None


def _certificate(view: CredentialView) -> shapes.Certificate:
    return shown.certificate(view, page=certificate_address(view.code))
