/* Passes payloads that start with a literal, compared byte by byte. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *p = (uint8_t *)(headers.udp + 1);
    if (p + 4 > headers.data_end)
        return CF_EBPF_DROP;
    return p[0] == 'F' && p[1] == 'P' && p[2] == 'G' && p[3] == '1' ? CF_EBPF_PASS : CF_EBPF_DROP;
}
