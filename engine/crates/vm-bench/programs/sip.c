/* Lets SIP requests of three methods through that have a Via header and an end of headers. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *p = (uint8_t *)(headers.udp + 1), *end = headers.data_end;
    if (p + 8 > end)
        return CF_EBPF_DROP;
    uint32_t method = *(uint32_t *)p;
    if (method != 0x49564e49 && method != 0x4954504f && method != 0x49474552)
        return CF_EBPF_DROP;
    uint64_t via = 0, lines = 0;
    for (;; p++) {
        HIDE(p);
        if (p + 4 > end)
            return CF_EBPF_DROP;
        if (p[0] != '\n')
            continue;
        lines++;
        if (p[1] == 'V' && p[2] == 'i' && p[3] == 'a')
            via = 1;
        if (p[1] == '\r' && p[2] == '\n')
            return via && lines > 2 ? CF_EBPF_PASS : CF_EBPF_DROP;
    }
}
