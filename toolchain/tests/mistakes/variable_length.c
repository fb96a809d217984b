// A length for a helper that varies, tested unsigned only.
// says: entropy: argument 2 (len) may be zero
// says: 0 to 64
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
    uint64_t n = headers.data_end - payload;
    HIDE(n);
    if (n > 64 || payload + 64 > headers.data_end)
        return CF_EBPF_DROP;
    return entropy(payload, n) < 100; // mistake: verify.size
#else
    int64_t n = headers.data_end - payload;
    HIDE(n);
    if (n < 1 || n > 64 || payload + n > headers.data_end)
        return CF_EBPF_DROP;
    return entropy(payload, n) < 100;
#endif
}
