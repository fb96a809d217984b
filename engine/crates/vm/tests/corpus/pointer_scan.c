/* Looks for a zero byte up to the end of the packet. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *p = (uint8_t *)(headers.udp + 1);
    for (;; p++) {
        HIDE(p);
        if (p + 1 > headers.data_end)
            return CF_EBPF_DROP;
        if (*p == 0)
            return CF_EBPF_PASS;
    }
}
