"""Bodies that the server takes: random ones never are a program, a network or a capture."""

from typing import Any

from demo.capture import supplied

SOURCE = """#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
uint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }
"""
JSON = "application/json"
PCAP = "application/vnd.tcpdump.pcap"
V1, V4 = "/api/v1/", "/client/v4/"


def samples(known: dict[str, list[str]]) -> dict[tuple[str, str], tuple[str, Any]]:
    """(start of the path, operationId) to (content type, body); `known` names what exists."""
    terms = {"program_id": known["program_id"][0], "scope": "datacenter", "name": "fra1", "mode": "monitoring"}
    asked = {"version": known["version"][0], "scope": "datacenter", "name": "ams1", "note": "try"}
    return {
        (V1, "allowlist_add"): (JSON, {"cidr": "203.0.113.7", "note": "probe"}),
        (V1, "prefixes_add"): (JSON, {"cidr": "198.51.100.0/24"}),
        (V1, "lists_create"): (JSON, {"name": "more", "note": ""}),
        (V1, "lists_change"): (JSON, {"name": "fewer"}),
        (V1, "lists_add_entry"): (JSON, {"cidr": "192.0.2.1", "expires_on": "2090-01-01T00:00:00Z"}),
        (V1, "lists_set_entries"): (JSON, {"text": "198.51.100.0/24 # a note\n2001:db8::/32\n"}),
        (V1, "members_add"): (JSON, {"email": "operator@scratch.example", "role": "viewer"}),
        (V1, "members_change"): (JSON, {"role": "approver"}),
        (V1, "tokens_issue"): (JSON, {"name": "ci", "role": "developer"}),
        (V1, "check"): (JSON, {"source": SOURCE.replace("CF_EBPF_PASS", "7")}),
        (V1, "programs_create"): (JSON, {"name": "new", "source": SOURCE}),
        (V1, "versions_add"): (JSON, {"source": SOURCE}),
        (V1, "replays_start"): (JSON, {"version": known["version"][0], "capture": known["capture_id"][0]}),
        (V1, "deployments_request"): (JSON, {"change": "create", **asked}),
        (V1, "deployments_reject"): (JSON, {"reason": "no"}),
        (V1, "login"): (JSON, {"email": "owner@scratch.example", "password": "a password"}),
        (V4, "programs_create"): ("text/x-csrc", SOURCE),
        (V4, "programs_update"): ("text/plain", SOURCE),
        (V4, "programs_pcap"): (PCAP, supplied()["demo: players only"]),
        (V4, "rules_create"): (JSON, {**terms, "expression": "udp.dstport == 7"}),
        (V4, "rules_update"): (JSON, {"expression": "udp.dstport == 7"}),
    }
