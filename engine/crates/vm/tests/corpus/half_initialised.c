/* Hashes a struct whose padding was never written. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    struct {
        uint8_t kind;
        uint64_t length;
    } key;
    key.kind = 1;
    key.length = packet->total_packet_length;
    uint64_t crc = 0;
    hash_crc32(&key, sizeof(key), &crc); // refused: verify.stack
    return crc & 1;
}
