// Arithmetic on an address that is more than moving it.
// says: calculates with a pointer
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    uint64_t address = (uint64_t)payload;
    HIDE(address);
    return address * 2 > 100; // mistake: verify.pointer_arithmetic
#else
    uint64_t length = headers.data_end - payload;
    HIDE(length);
    return length * 2 > 100;
#endif
}
