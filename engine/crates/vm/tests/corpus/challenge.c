/* Challenges with a cookie and takes it back. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t cookie[4] = {0};
    uint32_t source = headers.udp->source;
    hmac_sha256(&source, sizeof(source), cookie, sizeof(cookie));
    if (packet->packet_buffer[28] == (uint8_t)cookie[0]) {
        set_challenge(cookie, 0);
        return CF_EBPF_PASS;
    }
    set_challenge(cookie, 8);
    return CF_EBPF_DROP;
}
