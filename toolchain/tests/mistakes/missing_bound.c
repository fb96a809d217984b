// A read of the payload without a bounds check.
// says: reads 1 byte at offset
// says: nothing proves it is before headers.data_end
// says: payload + 100 + 1 > headers.data_end
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
    return payload[100] == 1; // mistake: verify.packet_bounds
#else
    if (payload + 100 + 1 > headers.data_end)
        return CF_EBPF_DROP;
    return payload[100] == 1;
#endif
}
