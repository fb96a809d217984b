"""The headers against the ABI: layouts by _Static_assert, every helper and macro by a program that verifies."""

import re

import pytest

from toolchain.api import build
from toolchain.compile import INCLUDE

HEAD = '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_helper.h"\n'
LAYOUT = {
    "cf_ebpf_generic_ctx": (24, {"data": 0, "data_end": 8, "metadata": 16}),
    "cf_ebpf_packet_data": (1520, {"total_packet_length": 0, "ip_header_length": 8, "packet_buffer": 16}),
    "cf_ebpf_parsed_headers": (32, {"ipv4": 0, "ipv6": 8, "udp": 16, "data_end": 24}),
    "iphdr": (
        20,
        {"tos": 1, "tot_len": 2, "id": 4, "frag_off": 6, "ttl": 8, "protocol": 9, "check": 10}
        | {"saddr": 12, "daddr": 16},
    ),
    "ipv6hdr": (40, {"flow_lbl": 1, "payload_len": 4, "nexthdr": 6, "hop_limit": 7, "saddr": 8, "daddr": 24}),
    "udphdr": (8, {"source": 0, "dest": 2, "len": 4, "check": 6}),
}  # fmt: skip
CONSTANTS = {
    "CF_EBPF_PASS": 0,
    "CF_EBPF_DROP": 1,
    "CF_EBPF_SRC_IP_STATUS_NONE": 0,
    "CF_EBPF_SRC_IP_STATUS_CHALLENGED": 1,
    "CF_EBPF_SRC_IP_STATUS_VERIFIED": 2,
    "CF_EBPF_SRC_IP_STATUS_BLOCKLISTED": 3,
    "ntohs(0x1234)": 0x3412,
    "htons(0x1234)": 0x3412,
    "ntohl(0x12345678)": 0x78563412,
    "htonl(0x12345678)": 0x78563412,
    "ntohll(0x0102030405060708)": 0x0807060504030201,
    "htonll(0x0102030405060708)": 0x0807060504030201,
}
BUFFERS = "uint8_t in[16] = {1, 2, 3}, out[64] = {0}; uint64_t number = 0, expiry = 0; uint8_t status = 0;\n"
HASHES = {"md5": 16, "sha256": 32, "sha512": 64, "blake2b512": 64}
CALLS = {
    **{f"hash_{name}": (f"hash_{name}(in, sizeof in, out, {size})", name) for name, size in HASHES.items()},
    **{f"hmac_{name}": (f"hmac_{name}(in, sizeof in, out, {size})", name) for name, size in list(HASHES.items())[1:]},
    "rand": ("rand()", ""),
    "timestamp": ("timestamp()", ""),
    "printf_plain": ('cf_ebpf_printf("hello")', ""),
    "printf_values": ('cf_ebpf_printf("%d %d %d", 1, 2, number)', ""),
    "crc32": ("hash_crc32(in, sizeof in, &number)", ""),
    "set_challenge": ("set_challenge(in, sizeof in)", ""),
    "clear_challenge": ("set_challenge(in, 0)", ""),
    "get_src_ip_status": ("get_src_ip_status(&status, &expiry)", ""),
    "get_src_ip_status_only": ("get_src_ip_status(&status, NULL)", ""),
    "get_src_ip_expiry_only": ("get_src_ip_status(NULL, &expiry)", ""),
    "set_src_ip_status": ("set_src_ip_status(CF_EBPF_SRC_IP_STATUS_VERIFIED, 60)", ""),
    "get_src_ip_data": ("get_src_ip_data(&number)", ""),
    "set_src_ip_data": ("set_src_ip_data(7)", ""),
    "get_flow_data": ("get_flow_data(&number)", ""),
    "set_flow_data": ("set_flow_data(7)", ""),
    "entropy": ("entropy(in, sizeof in)", ""),
    "set_network_analytics_tag": ("set_network_analytics_tag(7)", ""),
    "memcmp": ('memcmp(in, out, 8)', ""),
}  # fmt: skip

OWN_CALLS = {
    "fp_nanos": "fp_nanos()",
    "fp_siphash": "fp_siphash(in, sizeof in, &number)",
    "fp_make_cookie": "fp_make_cookie()",
    "fp_check_cookie": "fp_check_cookie(number)",
    "fp_allow_source": "fp_allow_source(0, 100, 200, 1)",
    "fp_allow_prefix": "fp_allow_prefix(0, 100, 200, 1)",
    "fp_allow_key": "fp_allow_key(number, 100, 200, 1)",
    "fp_get_source_word": "fp_get_source_word(&number)",
    "fp_set_source_word": "fp_set_source_word(7)",
    "fp_get_flow_word": "fp_get_flow_word(&number)",
    "fp_set_flow_word": "fp_set_flow_word(7)",
    "fp_pass_flow": "fp_pass_flow(60)",
    "fp_list_source": 'fp_list_source("trusted")',
    "fp_list_address": 'fp_list_address("trusted", in, 16)',
}


def main(body: str) -> str:
    return HEAD + "uint64_t cf_ebpf_main(void *state) {\n" + body + "}\n"


def test_layouts_and_constants() -> None:
    lines = []
    for name, (size, fields) in LAYOUT.items():
        lines.append(f'_Static_assert(sizeof(struct {name}) == {size}, "size of {name}");')
        lines += [
            f'_Static_assert(__builtin_offsetof(struct {name}, {field}) == {at}, "{name}.{field}");'
            for field, at in fields.items()
        ]
    lines.append('_Static_assert(sizeof(((struct cf_ebpf_packet_data *)0)->packet_buffer) == 1500, "buffer");')
    lines += [f'_Static_assert({text} == {value}ull, "value of a constant");' for text, value in CONSTANTS.items()]
    lines += [
        f'_Static_assert(sizeof({sign}int{bits}_t) == {bits // 8}, "int");'
        for bits in (8, 16, 32, 64)
        for sign in ("", "u")
    ]
    result = build(HEAD + "\n".join(lines) + "\nuint64_t cf_ebpf_main(void *state) { return CF_EBPF_PASS; }\n")
    assert result.ok, result.diagnostics
    assert result.diagnostics == []


@pytest.mark.parametrize("name", CALLS)
def test_a_helper_verifies(name: str) -> None:
    result = build(main(BUFFERS + f"return (uint64_t)({CALLS[name][0]}) & 1;\n"))
    assert result.ok, result.diagnostics


@pytest.mark.parametrize("name", OWN_CALLS)
def test_an_own_helper_verifies(name: str) -> None:
    include = '#include "flowprotect_abi.h"\n'
    result = build(include + main(BUFFERS + f"return (uint64_t)({OWN_CALLS[name]}) & 1;\n"))
    assert result.ok, result.diagnostics
    assert result.diagnostics == []


def test_every_own_helper_is_tried() -> None:
    declared = set(re.findall(r"\bfp_(?!raw_)\w+(?=\()", (INCLUDE / "flowprotect_abi.h").read_text()))
    assert declared == set(OWN_CALLS)


@pytest.mark.parametrize(
    ("call", "stage"),
    [("fp_list_source(name)", "compile"), ('fp_list_source("")', "verify"), ("fp_siphash(in, 17, &number)", "verify")],
)
def test_a_wrong_call_of_an_own_helper_is_refused(call: str, stage: str) -> None:
    body = BUFFERS + 'const char *name = "trusted";\n' + f"return (uint64_t)({call}) & 1;\n"
    result = build('#include "flowprotect_abi.h"\n' + main(body))
    assert not result.ok
    assert [found.stage for found in result.diagnostics if found.severity == "error"] == [stage]


@pytest.mark.parametrize(
    "order",
    [
        '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_defs.h"\n#include "cf_ebpf_helper.h"\n',
        '#include "cf_ebpf_defs.h"\n#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_helper.h"\n',
        '#define CF_EBPF_HELPER_V0\n#include "cf_ebpf_helper.h"\n#include "cf_ebpf_defs.h"\n',
        "#define CF_EBPF_HELPER_V0\n#include <cf_ebpf_defs.h>\n#include <cf_ebpf_helper.h>\n",
    ],
)
def test_the_headers_come_in_any_order(order: str) -> None:
    result = build(order + "uint64_t cf_ebpf_main(void *state) { return rand() & 1; }\n")
    assert result.ok, result.diagnostics


def test_without_the_switch_there_are_no_helpers() -> None:
    result = build('#include "cf_ebpf_helper.h"\nuint64_t cf_ebpf_main(void *state) { return rand() & 1; }\n')
    assert [(found.code, found.line) for found in result.diagnostics if found.severity == "error"] == [
        ("compile.error", 2)
    ]


@pytest.mark.parametrize(
    "field",
    ["headers.udp->dest == htons(53)", "headers.udp->len > 100", "(headers.ipv4 && headers.ipv4->ttl < 3)",
     "(headers.ipv6 && headers.ipv6->hop_limit < 3)", "(headers.ipv4 && headers.ipv4->saddr == htonl(0x7f000001))",
     "((uint8_t *)(headers.udp + 1) + 1 <= headers.data_end && *(uint8_t *)(headers.udp + 1) == 7)"],
)  # fmt: skip
def test_parsed_headers_can_be_read_without_checks(field: str) -> None:
    body = """struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0) return CF_EBPF_DROP;
    """
    result = build(main(body + f"return {field} ? CF_EBPF_DROP : CF_EBPF_PASS;\n"))
    assert result.ok, result.diagnostics


def test_a_hash_into_too_little_memory_is_refused() -> None:
    result = build(main("uint8_t in[16] = {0}, out[8]; return hash_sha256(in, 16, out, 32) & 1;\n"))
    assert not result.ok
    assert result.diagnostics[0].stage == "verify"
