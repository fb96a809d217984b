/* Two functions that clang does not inline. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
static __attribute__((noinline)) uint64_t twice(uint64_t value) {
    return value * 2 + 1;
}

static __attribute__((noinline)) uint64_t score(uint64_t length) {
    return twice(length) + twice(length + 1);
}

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    return score(packet->total_packet_length) > 300 ? CF_EBPF_DROP : CF_EBPF_PASS;
}
