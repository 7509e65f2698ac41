"""Services to citizens and the network below: payment, post, Zalo, land registry, 1022, portals, links."""

from simulator.systems.series import DAILY, Register
from simulator.systems.shapes import Fixed, Renewed, Surge, Switch, Tally, Wave
from simulator.workclock import DAY, HOUR

LAND_REGISTRY = "SNNMT"
FEEDBACK_FIELDS = ("Hạ tầng đô thị", "Môi trường", "An ninh trật tự", "Thủ tục hành chính")


def add_synchronisation(register: Register) -> None:
    """The national portal and the land registry."""
    add, province = register.add, register.province
    add("dossiers_synchronised_total", Tally(register.seed("synced"), 112, 6), unit=province)
    ratio = Wave(register.seed("sync"), 0.986, 0.0, 0.01, highest=1.0, digits=4)
    add("dossiers_synchronised_ratio", ratio, unit=province)
    for code in ("-1", "02", "99"):
        add("national_sync_errors_total", Tally(register.seed("errors", code), 0.7), unit=province, code=code)
    add("land_sync_attempts_total", Tally(register.seed("land"), 48, 3), unit=LAND_REGISTRY)
    add("land_sync_failures_total", Tally(register.seed("land-failed"), 2.1, 0.1), unit=LAND_REGISTRY)
    stuck = register.episodes("land", per_day=0.6, minutes=(10, 40))
    lag = Wave(register.seed("land-lag"), 95, 0.5, 0.4, lowest=5)
    add("land_sync_lag_seconds", Surge(lag, stuck, 20.0), unit=LAND_REGISTRY)
    add("land_divergent_dossiers", Wave(register.seed("divergent"), 14, 0.0, 0.5), unit=LAND_REGISTRY)


def add_citizens(register: Register) -> None:
    """Payment, post, Zalo messages, and citizens' feedback."""
    add, province = register.add, register.province
    add("payment_attempts_total", Tally(register.seed("paid"), 41, 4.5), unit=province)
    add("payment_successes_total", Tally(register.seed("paid"), 41 * 0.965, 4.5 * 0.965), unit=province)
    unreconciled = Wave(register.seed("unreconciled"), 6_400_000, 0.4, 0.5, digits=-3)
    add("payment_unreconciled_vnd", unreconciled, unit=province)
    for direction in ("papers", "results"):
        shape = Tally(register.seed("post", direction), 9)
        add("post_dossiers_total", shape, unit=province, direction=direction)
    delivery = Wave(register.seed("delivery"), 1.6 * DAY, 0.0, 0.2)
    add("post_delivery_seconds", delivery, unit=province, cadence=DAILY)
    add("zalo_messages_sent_total", Tally(register.seed("zalo"), 260, 12), system="zalo")
    for reason in ("not_followed", "quota", "timeout"):
        shape = Tally(register.seed("zalo", reason), 2.4, 0.1)
        add("zalo_messages_failed_total", shape, system="zalo", reason=reason)
    token = Renewed(register.seed("token"), every=25 * HOUR, early=2 * HOUR)
    add("zalo_token_expiry_timestamp_seconds", token, system="zalo", cadence=DAILY)
    for name in FEEDBACK_FIELDS:
        shape = Tally(register.seed("feedback", name), 1.3, 0.25)
        add("feedback_received_total", shape, unit=province, field=name)
    add("feedback_open", Wave(register.seed("feedback-open"), 118, 0.2, 0.2), unit=province)
    add("feedback_late", Wave(register.seed("feedback-late"), 6, 0.0, 0.6), unit=province)
    satisfied = Wave(register.seed("satisfied"), 0.91, 0.0, 0.03, highest=1.0, digits=4)
    add("feedback_satisfied_ratio", satisfied, unit=province)


def portal_name(short_name: str) -> str:
    """What a unit's portal is called, here and among the targets of the probes."""
    return f"Cổng thông tin {short_name}"


def add_portals(register: Register) -> None:
    """What the portals' own crawler says of them, and incidents that the security desk has open."""
    for unit in register.departments:
        labels = {"target": portal_name(register.short_names[unit]), "unit": unit}
        register.add("portal_content_approved", Fixed(1.0), cadence=DAILY, **labels)
        news = Renewed(register.seed("news", unit), every=3 * DAY, early=-3 * DAY)
        register.add("portal_last_news_timestamp_seconds", news, cadence=DAILY, **labels)
        lost = register.seed("label", unit) % 17 == 0
        register.add("trust_label_valid", Fixed(0.0 if lost else 1.0), cadence=DAILY, **labels)
    for severity, mean in (("critical", 0.2), ("high", 1.4), ("medium", 5.0), ("low", 11.0)):
        shape = Wave(register.seed("incidents", severity), mean, 0.0, 0.8)
        register.add("security_incidents_open", shape, severity=severity)


def add_network(register: Register) -> None:
    """The line of every commune, and the two trunks of the province."""
    add = register.add
    for unit in register.communes:
        cut = register.episodes(f"link/{unit}", per_day=0.03, minutes=(6, 40))
        add("link_up", Switch(cut), unit=unit, link="primary", cadence=6 * HOUR)
    for link in ("trunk-1", "trunk-2"):
        labels = {"unit": register.province, "link": link}
        cut = register.episodes(f"trunk/{link}", per_day=0.01, minutes=(2, 8))
        add("link_up", Switch(cut), cadence=HOUR, **labels)
        loss = Wave(register.seed(link, "loss"), 0.0006, 0.5, 0.9, digits=6)
        add("link_packet_loss_ratio", loss, cadence=HOUR, **labels)
        used = Wave(register.seed(link, "used"), 0.34, 1.0, 0.2, highest=0.99, digits=4)
        add("link_utilization_ratio", used, cadence=HOUR, **labels)
        add("link_receive_bytes_total", Tally(register.seed(link, "in"), 6.1e10, 9e9), cadence=HOUR, **labels)
        add("link_transmit_bytes_total", Tally(register.seed(link, "out"), 2.2e10, 3e9), cadence=HOUR, **labels)
