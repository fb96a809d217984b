// A function that calls itself.
// says: calls itself
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
#ifndef MENDED
static __attribute__((noinline)) uint64_t count(uint64_t x) {
    HIDE(x);
    return x ? 1 + 3 * count(x >> 1) : 0; // mistake: verify.recursion
}
#else
static uint64_t count(uint64_t x) {
    uint64_t found = 0;
    for (uint64_t i = 0; i < 8; i++)
        found = (x >> i) ? 1 + 3 * found : found;
    return found;
}
#endif

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    return count(p->packet_buffer[28]) & 1;
#else
    return count(p->packet_buffer[28]) & 1;
#endif
}
