// A bound tested before a loop for what is read inside it.
// says: in this loop
// says: before headers.data_end
// says: inside the loop
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
    uint64_t length = p->packet_buffer[28], sum = 0;
    if (payload + 64 > headers.data_end)
        return CF_EBPF_DROP;
    for (uint64_t i = 0; i < 500; i++) {
        HIDE(i);
        if (i > 499 || i >= length * 8)
            break;
        sum += *(volatile uint8_t *)(payload + i); // mistake: verify.packet_bounds
    }
    return sum > 1000;
#else
    uint64_t length = p->packet_buffer[28], sum = 0;
    for (uint64_t i = 0; i < 500; i++) {
        HIDE(i);
        if (i > 499 || i >= length * 8 || payload + i + 1 > headers.data_end)
            break;
        sum += *(volatile uint8_t *)(payload + i);
    }
    return sum > 1000;
#endif
}
