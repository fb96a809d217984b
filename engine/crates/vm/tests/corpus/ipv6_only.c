/* Passes IPv6 from 2001:db8::/32, drops IPv4. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    if (headers.ipv6 == NULL)
        return CF_EBPF_DROP;
    return headers.ipv6->saddr.s6_addr32[0] == htonl(0x20010db8) ? CF_EBPF_PASS : CF_EBPF_DROP;
}
