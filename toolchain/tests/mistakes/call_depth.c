// Functions nested too deep.
// says: nested more than 4 deep
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_defs.h"
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
#ifndef MENDED
#define KIND static __attribute__((noinline))
#else
#define KIND static inline __attribute__((always_inline))
#endif
KIND uint64_t a(uint64_t x) { HIDE(x); return x + 1; }
KIND uint64_t b(uint64_t x) { HIDE(x); return a(x) + x; } // mistake: verify.call_depth
KIND uint64_t c(uint64_t x) { HIDE(x); return b(x) * 3; }
KIND uint64_t d(uint64_t x) { HIDE(x); return c(x) + x; }

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
#ifndef MENDED
    return d(p->packet_buffer[28]) & 1;
#else
    return d(p->packet_buffer[28]) & 1;
#endif
}
