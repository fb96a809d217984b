/* Drops payloads that look encrypted, and one in 256 others. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    if (entropy(packet->packet_buffer + 28, 64) > 7000)
        return CF_EBPF_DROP;
    return (rand() & 255) == 0;
}
