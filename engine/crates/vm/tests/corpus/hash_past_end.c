/* Hashes past the end of the packet. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t digest[4] = {0};
    hmac_sha256(packet->packet_buffer + 28, 1500, digest, 32); // refused: verify.packet_bounds
    return digest[0] & 1;
}
