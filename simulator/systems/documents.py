"""Documents, mail, signatures and meetings: iDesk, iMail, SIM PKI, eCabinet, videoconference, national axis."""

from simulator.systems.series import DAILY, ENDPOINTS, Register
from simulator.systems.shapes import Fixed, Meetings, NextMeeting, Renewed, Surge, Switch, Tally, Wave
from simulator.workclock import DAY

COMMUNES_WITH_DOCUMENTS = 12
DOCUMENTS_PER_HOUR = 9.0
"""A department's mean: 1,410,312 documents in nine months are about 900 an hour over the whole province."""
MAIL_ACCOUNTS = 46_016
CERTIFICATES = {"person": 3_402, "organisation": 725, "sim": 655}


def add_documents(register: Register) -> None:
    """Documents of every department and some communes."""
    add = register.add
    units = [*register.departments, *register.communes[:COMMUNES_WITH_DOCUMENTS]]
    for unit in units:
        hourly = DOCUMENTS_PER_HOUR * register.size(unit)
        add("documents_sent_total", Tally(register.seed("sent", unit), hourly * 0.4, 0.05), unit=unit)
        add("documents_received_total", Tally(register.seed("received", unit), hourly, 0.3), unit=unit)
        add("documents_signed_total", Tally(register.seed("signed", unit), hourly * 0.37), unit=unit)
        add("documents_unread", Wave(register.seed("unread", unit), hourly * 2.2, 0.5, 0.4), unit=unit)
        share = Wave(register.seed("shared", unit), 0.93, 0.0, 0.05, highest=1.0, digits=4)
        add("documents_interlinked_ratio", share, unit=unit, cadence=6 * 3600)
    adapter = register.episodes("exchange", per_day=0.4, minutes=(4, 15))
    add("document_exchange_up", Switch(adapter), unit=register.province)
    axis = "national-document-axis"
    latency = Wave(register.seed("edxml"), 1.4, 0.5, 0.3, lowest=0.2, digits=3)
    add("edxml_latency_seconds", latency, system=axis)
    for reason in ("schema", "signature", "recipient"):
        add("edxml_rejected_total", Tally(register.seed("edxml", reason), 0.8), system=axis, reason=reason)


def add_mail(register: Register) -> None:
    """Official mail; its queue grows now and then."""
    add, province = register.add, register.province
    add("mail_accounts", Fixed(MAIL_ACCOUNTS), unit=province, cadence=DAILY)
    active = Wave(register.seed("active"), MAIL_ACCOUNTS * 0.67, 0.0, 0.02)
    add("mail_accounts_active", active, unit=province, cadence=DAILY)
    growth = register.episodes("mail-queue", per_day=1.2, minutes=(8, 25))
    add("mail_queue_messages", Surge(Wave(register.seed("queue"), 35, 1.2, 0.5), growth, 14.0), system="imail")
    add("mail_sent_total", Tally(register.seed("mail"), 2600, 140), system="imail")
    add("mail_bounced_total", Tally(register.seed("bounced"), 21, 2.5), system="imail")
    busiest = Wave(register.seed("busiest"), 60, 0.8, 0.4)
    add("mail_busiest_sender_messages", busiest, system="imail")


def add_signatures(register: Register) -> None:
    """Certificates, signing and time stamps."""
    add, province, system = register.add, register.province, "digital-signature"
    for holder, number in CERTIFICATES.items():
        add("certificates_valid", Fixed(number), unit=province, holder=holder, cadence=DAILY)
    for within, mean in (("30d", 96.0), ("7d", 21.0)):
        shape = Wave(register.seed("expiring", within), mean, 0.0, 0.25)
        add("certificates_expiring", shape, unit=province, within=within, cadence=DAILY)
    add("signatures_total", Tally(register.seed("signatures"), 340, 6), system=system)
    for reason in ("timeout", "certificate_expired"):
        add("signing_errors_total", Tally(register.seed("signing", reason), 1.6), system=system, reason=reason)
    slow = register.episodes("tsa", per_day=0.8, minutes=(3, 10))
    stamp = Wave(register.seed("tsa"), 0.18, 0.4, 0.3, lowest=0.05, digits=3)
    add("tsa_response_seconds", Surge(stamp, slow, 12.0), system=system)
    status = Wave(register.seed("ocsp"), 0.09, 0.4, 0.3, lowest=0.02, digits=3)
    add("ocsp_response_seconds", status, system=system)


def add_meetings(register: Register) -> None:
    """Paperless meetings and videoconference."""
    add, province = register.add, register.province
    for system in ("ecabinet", "videoconference"):
        add("meetings_today", Meetings(), system=system, cadence=DAILY)
        add("meeting_next_timestamp_seconds", NextMeeting(), system=system, unit=province, cadence=DAILY)
    for unit in register.communes[:ENDPOINTS]:
        down = register.episodes(f"endpoint/{unit}", per_day=0.15, minutes=(5, 30))
        add("conference_endpoint_up", Switch(down), unit=unit, cadence=6 * 3600)
        loss = Wave(register.seed("loss", unit), 0.003, 0.5, 0.9, digits=5)
        add("conference_packet_loss_ratio", loss, unit=unit, cadence=6 * 3600)
        jitter = Wave(register.seed("jitter", unit), 0.006, 0.5, 0.5, digits=5)
        add("conference_jitter_seconds", jitter, unit=unit, cadence=6 * 3600)


def add_registers(register: Register) -> None:
    """Security-level files: approved or not, and when their review is due."""
    for system in register.catalogue.systems.values():
        missing = register.seed("level", system.code) % 9 == 0
        labels = {"system": system.code, "unit": system.owner}
        register.add("security_level_approved", Fixed(0.0 if missing else 1.0), cadence=DAILY, **labels)
        review = Renewed(register.seed("review", system.code), every=365 * DAY, early=0)
        register.add("security_level_review_timestamp_seconds", review, cadence=DAILY, **labels)
