"""What a template makes of a message, for whoever writes it."""

from alerts.message import Message
from alerts.texts.source import PARTS, Language, TextFault, Texts, part_of


def preview(texts: Texts, what: str, message: Message, language: Language, template: str | None) -> str:
    """Return the text of a part, or of one of the operator's files; unlike a page, no fault is passed over.

    Raises:
        TextFault: `what` is neither, or its template is wrong: by line.
    """
    name = what if what.endswith(".j2") else f"{what}.j2"
    own = list(texts.own())
    if what in PARTS:
        name = texts.name(what, language, template)
        part = what
    elif name in own:
        found, language = part_of(name)
        if found is None:
            raise TextFault(name, None, f"is for no part: call it NAME.PART.j2; parts: {', '.join(PARTS)}")
        part = found
    else:
        files = ", ".join(own) or "there is none"
        raise TextFault(what, None, f"is no part ({', '.join(PARTS)}) and no file ({files})")
    if part == "subject":
        return texts.render(name, message, language, message.title)
    subject = texts.render(texts.name("subject", language, template), message, language, message.title)
    return texts.render(name, message, language, " ".join(subject.split()))
