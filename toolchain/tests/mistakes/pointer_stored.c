// A pointer written into the packet as data.
// says: stores a pointer
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
    if (payload + 8 > headers.data_end)
        return CF_EBPF_DROP;
    *(uint64_t *)payload = (uint64_t)headers.udp; // mistake: verify.pointer_leak
    return CF_EBPF_PASS;
#else
    if (payload + 8 > headers.data_end)
        return CF_EBPF_DROP;
    *(uint64_t *)payload = headers.data_end - payload;
    return CF_EBPF_PASS;
#endif
}
