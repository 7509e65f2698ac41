"""Whether a request to a hook comes from whom it should: a token, or a signature of its body. Pure."""

import hashlib
import hmac
from collections.abc import Mapping

from ioc_api.hooks.hook_file import HookModel
from ioc_core.errors import InputError

TOKEN_HEADER = "x-hook-token"  # noqa: S105 - a header's name


def check(
    hook: HookModel, headers: Mapping[str, str], bearer: str | None, body: bytes, environment: Mapping[str, str]
) -> bool:
    """Return whether the hook proves its senders by itself and this one is right; False: it asks for a token of ours.

    Raises:
        InputError: `disabled`: its variable isn't set; `proof`: it isn't who it should be.
    """
    if hook.token_env is not None:
        secret = _secret(hook.token_env, environment)
        given = headers.get(TOKEN_HEADER) or bearer or ""
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise InputError("proof", "The hook's token is missing or wrong.")
        return True
    if hook.signature is not None:
        secret = _secret(hook.signature.secret_env, environment)
        given = headers.get(hook.signature.header.lower(), "")
        expected = hook.signature.prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.strip().encode(), expected.encode()):
            raise InputError("proof", f"The signature in {hook.signature.header} is missing or wrong.")
        return True
    return False


def _secret(variable: str, environment: Mapping[str, str]) -> str:
    secret = environment.get(variable, "").strip()
    if not secret:
        raise InputError("disabled", f"The hook is disabled: {variable} isn't set.")
    return secret
