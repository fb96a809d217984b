/* Reads the connection id lengths of a QUIC long header. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t at = packet->ip_header_length + 8;
    HIDE(at);
    if (at > 1100 || (packet->packet_buffer[at] & 0xc0) != 0xc0)
        return CF_EBPF_DROP;
    uint64_t destination = packet->packet_buffer[at + 5];
    if (destination > 20)
        return CF_EBPF_DROP;
    uint64_t source = packet->packet_buffer[at + 6 + destination];
    return source <= 20 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
