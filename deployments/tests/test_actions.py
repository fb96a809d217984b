"""Asking, deciding and undoing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiToken, AuditEntry
from deployments.actions.approve import approve
from deployments.actions.close import reject, withdraw
from deployments.actions.expire import expire
from deployments.actions.request import request_create, request_delete, request_update, submit
from deployments.actions.roll_back import roll_back
from deployments.models import Deployment, Rule
from deployments.terms import ExpressionError
from fleet.models import Bundle
from httpapi.errors import Forbidden, Invalid, Refused
from programs.models import IllegalTransition

pytestmark = pytest.mark.django_db


def live_rule(house, **changes) -> Rule:
    approve(house.operator, request_create(house.developer, house.account, house.terms(**changes)))
    return Rule.objects.get()


def content() -> dict:
    return Bundle.objects.order_by("-serial").first().content


def test_it_works(house) -> None:
    asked = request_create(house.developer, house.account, house.terms())
    assert asked.state == "pending"
    assert not Rule.objects.get().live
    # Nodes load the program while it waits, and enforce nothing yet.
    assert house.first.build.elf_sha256 in content()["programs"]
    assert content()["accounts"][0]["rules"] == []
    approve(house.operator, asked)
    assert Rule.objects.get().live
    rules = content()["accounts"][0]["rules"]
    assert [(r["program"], r["mode"]) for r in rules] == [(house.first.build.elf_sha256, "enabled")]
    actions = set(AuditEntry.objects.for_account(house.account).values_list("action", flat=True))
    assert {"deployment.request", "deployment.approve"} <= actions


def test_only_an_operator_decides_by_default(house) -> None:
    asked = request_create(house.developer, house.account, house.terms())
    for actor in (house.developer, house.owner, house.approver):
        with pytest.raises(Forbidden):
            approve(actor, asked)
    asked.refresh_from_db()
    assert asked.state == "pending"


def test_the_account_may_decide_itself(house) -> None:
    house.account.approvers = "account"
    house.account.save()
    asked = request_create(house.developer, house.account, house.terms())
    with pytest.raises(Forbidden):
        approve(house.developer, asked)
    assert approve(house.approver, asked).state == "live"


def test_who_asked_cannot_approve_unless_the_account_says_so(house) -> None:
    house.account.approvers = "account"
    house.account.save()
    asked = request_create(house.owner, house.account, house.terms())
    with pytest.raises(Forbidden) as refused:
        approve(house.owner, asked)
    assert refused.value.code == "approval.own"
    house.account.self_approval = True
    house.account.save()
    asked.account.refresh_from_db()
    assert approve(house.owner, asked).state == "live"


def test_a_token_is_the_person_who_made_it(house) -> None:
    house.account.approvers = "account"
    house.account.save()
    tokens = [ApiToken.issue(house.account, f"t{n}", "approver", created_by=house.approver)[0] for n in range(2)]
    asked = request_create(tokens[0], house.account, house.terms())
    for actor in (house.approver, *tokens):
        with pytest.raises(Forbidden) as refused:
            approve(actor, asked)
        assert refused.value.code == "approval.own"
    assert approve(house.owner, asked).state == "live"


def test_an_account_can_waive_approval(house) -> None:
    house.account.waives_approval = True
    house.account.save()
    assert request_create(house.developer, house.account, house.terms()).state == "live"


def test_milder_needs_no_approval_and_stronger_does(house) -> None:
    rule = live_rule(house)
    assert request_update(house.developer, rule, house.terms(mode="monitoring")).state == "live"
    rule.refresh_from_db()
    assert rule.mode == "monitoring"
    assert request_update(house.developer, rule, house.terms(mode="disabled")).state == "live"
    assert request_update(house.developer, rule, house.terms(mode="enabled")).state == "pending"
    rule.refresh_from_db()
    assert rule.mode == "disabled"


def test_milder_together_with_another_change_needs_approval(house) -> None:
    rule = live_rule(house)
    asked = request_update(house.developer, rule, house.terms(mode="monitoring", version=house.second))
    assert asked.state == "pending"


def test_switching_off_works_beside_a_pending_deployment(house) -> None:
    rule = live_rule(house)
    request_update(house.developer, rule, house.terms(version=house.second))
    assert request_update(house.developer, rule, house.terms(mode="disabled")).state == "live"


def test_one_pending_deployment_a_rule(house) -> None:
    rule = live_rule(house)
    request_update(house.developer, rule, house.terms(version=house.second))
    with pytest.raises(Refused) as refused:
        request_update(house.developer, rule, house.terms(expression="udp.dstport eq 1"))
    assert refused.value.code == "deployment.pending"


def test_rejecting_needs_a_reason_and_changes_nothing(house) -> None:
    asked = request_create(house.developer, house.account, house.terms())
    with pytest.raises(Invalid):
        reject(house.operator, asked, "  ")
    reject(house.operator, asked, "too wide")
    assert (asked.state, asked.reason) == ("rejected", "too wide")
    assert not Rule.objects.exists()
    assert content()["programs"] == {}
    with pytest.raises(IllegalTransition):
        approve(house.operator, Deployment.objects.get())


def test_withdraw(house) -> None:
    asked = request_create(house.developer, house.account, house.terms())
    assert withdraw(house.developer, asked).state == "withdrawn"
    assert request_create(house.developer, house.account, house.terms()).state == "pending"


def test_a_draft_waits_to_be_submitted(house) -> None:
    draft = request_create(house.developer, house.account, house.terms(), draft=True)
    assert draft.state == "draft"
    assert not Bundle.objects.exists()
    assert submit(house.developer, draft).state == "pending"


def test_a_draft_that_is_milder_goes_live_when_submitted(house) -> None:
    rule = live_rule(house)
    draft = request_update(house.developer, rule, house.terms(mode="disabled"), draft=True)
    assert submit(house.developer, draft).state == "live"
    rule.refresh_from_db()
    assert rule.mode == "disabled"


def test_roll_back_restores_what_was_replaced(house) -> None:
    rule = live_rule(house)
    first = Deployment.objects.get()
    second = approve(house.operator, request_update(house.developer, rule, house.terms(version=house.second)))
    first.refresh_from_db()
    assert first.state == "superseded"
    roll_back(house.operator, second, "players complained")
    rule.refresh_from_db()
    first.refresh_from_db()
    assert (rule.version, first.state, second.state) == (house.first, "live", "rolled_back")
    assert content()["accounts"][0]["rules"][0]["program"] == house.first.build.elf_sha256


def test_roll_back_of_the_first_deployment_removes_the_rule(house) -> None:
    live_rule(house)
    roll_back(house.operator, Deployment.objects.get())
    assert not Rule.objects.exists()


def test_a_deleted_rule_comes_back_by_rolling_back(house) -> None:
    rule = live_rule(house, expression="udp.dstport eq 7777")
    gone = approve(house.operator, request_delete(house.developer, rule))
    assert not Rule.objects.exists()
    roll_back(house.approver, gone)
    back = Rule.objects.get()
    assert (back.pk, back.live, back.expression) == (rule.pk, True, "udp.dstport eq 7777")


def test_a_developer_cannot_roll_back(house) -> None:
    live_rule(house)
    with pytest.raises(Forbidden):
        roll_back(house.developer, Deployment.objects.get())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scope": "planet"}, "rule.scope"),
        ({"mode": "maybe"}, "rule.mode"),
        ({"name": "eu"}, "rule.name"),
        ({"scope": "region", "name": "mars"}, "rule.name"),
        ({"scope": "datacenter", "name": "eu"}, "rule.name"),
    ],
)
def test_wrong_terms_are_refused(house, changes, code) -> None:
    with pytest.raises(Invalid) as refused:
        request_create(house.developer, house.account, house.terms(**changes))
    assert refused.value.code == code


def test_a_wrong_expression_names_its_position(house) -> None:
    with pytest.raises(ExpressionError) as refused:
        request_create(house.developer, house.account, house.terms(expression="udp.dstport eq eq"))
    assert refused.value.code.startswith("expression.")
    assert refused.value.position == 15


def test_one_global_rule_an_account(house) -> None:
    live_rule(house)
    with pytest.raises(Refused) as refused:
        request_create(house.developer, house.account, house.terms(version=house.second))
    assert refused.value.code == "rule.exists"
    assert request_create(house.developer, house.account, house.terms(scope="region", name="eu")).state == "pending"


def test_an_unbuilt_version_is_refused(house) -> None:
    house.first.build.delete()
    house.first.refresh_from_db()
    with pytest.raises(Refused) as refused:
        request_create(house.developer, house.account, house.terms())
    assert refused.value.code == "build.not_ready"


def test_a_strangers_version_is_refused(house, stranger) -> None:
    with pytest.raises(Invalid):
        request_create(house.developer, house.account, house.terms(version=stranger.first))


def test_undecided_deployments_expire(house) -> None:
    request_create(house.developer, house.account, house.terms())
    assert expire() == 0
    Deployment.objects.update(submitted_on=timezone.now() - timedelta(days=8))
    assert expire() == 1
    assert Deployment.objects.get().state == "expired"
    assert not Rule.objects.exists()


def test_a_changed_prefix_reaches_the_nodes(house) -> None:
    from accounts.models import Account, Prefix
    from accounts.signals import protection_changed

    live_rule(house)
    Prefix.objects.create(account=house.account, cidr="203.0.113.0/24", state="proven")
    protection_changed.send(sender=Account, account=house.account)
    assert content()["accounts"][0]["prefixes"] == ["192.0.2.0/24", "203.0.113.0/24"]


def test_the_accounts_fallbacks_reach_the_nodes(house) -> None:
    from accounts.actions.change_settings import change_settings

    live_rule(house)
    change_settings(house.owner, house.account, on_error="drop")
    settings = content()["accounts"][0]["settings"]
    assert (settings["on_error"], settings["on_too_large"]) == ("drop", "pass")


def test_the_sizes_of_state_tables_reach_the_nodes(house) -> None:
    from accounts.actions.change_settings import change_settings

    live_rule(house)
    settings = content()["accounts"][0]["settings"]
    assert (settings["source_entries"], settings["flow_entries"]) == (1_000, 10_000)
    change_settings(house.operator, house.account, source_entries=1_000_000, flow_entries=0, fuel=5_000)
    settings = content()["accounts"][0]["settings"]
    assert (settings["source_entries"], settings["flow_entries"], settings["fuel"]) == (1_000_000, 0, 5_000)


def test_the_accounts_lists_reach_the_nodes(house) -> None:
    from accounts.actions.add_entry import add_entry
    from accounts.actions.create_list import create_list
    from accounts.actions.set_entries import set_entries

    live_rule(house)
    bots = create_list(house.developer, house.account, "bots")
    assert content()["accounts"][0]["settings"]["lists"] == {"bots": []}
    set_entries(house.developer, bots, "2001:db8::/32\n203.0.113.9\n9.0.0.0/8\n203.0.113.9/32\n")
    add_entry(house.developer, bots, "10.0.0.0/24")
    networks = ["9.0.0.0/8", "10.0.0.0/24", "203.0.113.9/32", "2001:db8::/32"]
    assert content()["accounts"][0]["settings"]["lists"] == {"bots": networks}
