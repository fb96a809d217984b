/* Tests a length unsigned only. Safe, but not proven: a signed test is. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint64_t length = packet->total_packet_length - packet->ip_header_length - 8, crc = 0;
    HIDE(length);
    if (length == 0 || length > 1000)
        return CF_EBPF_DROP;
    hash_crc32(packet->packet_buffer + 28, length, &crc); // refused: verify.size
    return crc & 1;
}
