/* Passes UDP packets to one port whose payload has a sensible length, and drops the rest. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"

#define PORT 7777
#define SHORTEST 8
#define LONGEST 512

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;

    if (packet->ip_header_length != 20)
        return CF_EBPF_DROP;
    struct udphdr *udp = (struct udphdr *)(packet->packet_buffer + 20);
    if (ntohs(udp->dest) != PORT)
        return CF_EBPF_PASS;

    size_t length = packet->total_packet_length;
    if (length < 28 + SHORTEST || length > 28 + LONGEST) {
        set_network_analytics_tag(1);
        return CF_EBPF_DROP;
    }
    return CF_EBPF_PASS;
}
