"""What browser and server say to each other about passkeys, in the JSON of WebAuthn 3; the library knows the bytes.

User verification is always required: a passkey that opened without its owner's finger, face or PIN would be worth no
more than the device it lies on. Attestation is never asked for: which maker built a key is nobody's business here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from app.accounts.models import Passkey
from app.accounts.relying_party import NAME, RelyingParty

T = TypeVar("T")
LONGEST_CREDENTIAL_ID = 1023  # bytes: WebAuthn 3, 4, "credential ID"


class MessageInvalid(Exception):
    """The browser's answer does not prove what it should."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What a device made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Which passkey, and whose, an answer says it is; nothing is proven yet."""

    credential_id: bytes
    user_handle: bytes | None


def creation_options(
    challenge: str, *, party: RelyingParty, person_id: UUID, email: str, known: Sequence[Passkey], timeout_ms: int
) -> str:
    """Ask for a discoverable passkey for this person, on a device that holds none of the `known` ones."""
    # Importing the library costs a tenth of create_app(); most requests are about something else.
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    required = structs.UserVerificationRequirement.REQUIRED
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=NAME,
        user_id=person_id.bytes,
        user_name=email,
        challenge=challenge.encode(),
        timeout=timeout_ms,
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED, user_verification=required
        ),
    )
    return options_to_json(options)


def request_options(challenge: str, *, party: RelyingParty, allowed: Sequence[Passkey] = (), timeout_ms: int) -> str:
    """Ask for an answer of one of the `allowed` passkeys; of whichever the person chooses where none is named."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415  see above
    from webauthn.helpers import structs  # noqa: PLC0415

    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge.encode(),
        timeout=timeout_ms,
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in allowed],
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def new_credential(message: str, *, challenge: str, party: RelyingParty) -> NewCredential:
    """The credential in an answer to `creation_options`.

    Raises
    ------
    MessageInvalid
        It answers another challenge, comes from another page, or is malformed.
    """
    from webauthn import verify_registration_response  # noqa: PLC0415  see above
    from webauthn.helpers import parse_registration_credential_json  # noqa: PLC0415

    parsed = _or_invalid(lambda: parse_registration_credential_json(message))
    verified = _or_invalid(
        lambda: verify_registration_response(
            credential=parsed,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    )
    if len(verified.credential_id) > LONGEST_CREDENTIAL_ID:
        raise MessageInvalid("the credential id is too long")
    transports = tuple(str(transport.value) for transport in parsed.response.transports or ())
    return NewCredential(verified.credential_id, verified.credential_public_key, verified.sign_count, transports)


def claim_of(message: str) -> Claim:
    """Which passkey an answer to `request_options` says it is."""
    from webauthn.helpers import parse_authentication_credential_json  # noqa: PLC0415  see above

    parsed = _or_invalid(lambda: parse_authentication_credential_json(message))
    return Claim(parsed.raw_id, parsed.response.user_handle)


def sign_count_of(message: str, passkey: Passkey, *, challenge: str, party: RelyingParty) -> int:
    """The counter in an answer that `passkey` gave to our challenge, on our page, its owner verified.

    The counter is not compared here: going backwards is news for the owner, where all else is just wrong.

    Raises
    ------
    MessageInvalid
    """
    from webauthn import verify_authentication_response  # noqa: PLC0415  see above

    verified = _or_invalid(
        lambda: verify_authentication_response(
            credential=message,
            expected_challenge=challenge.encode(),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    )
    return verified.new_sign_count


def _or_invalid(read: Callable[[], T]) -> T:
    """Run the library over what a stranger sent: whatever it trips over is the stranger's fault, and no proof."""
    try:
        return read()
    except Exception as problem:  # CBOR, ASN.1, JSON and numbers each fail in their own ways
        raise MessageInvalid(type(problem).__name__) from problem
