/* The simplest guard: eight bytes that every client sends first. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
    if (payload + 12 > headers.data_end)
        return CF_EBPF_DROP;
    if (*(uint32_t *)payload != 0x4b4f5431 || payload[4] > 3)
        return CF_EBPF_DROP;
    return *(uint32_t *)(payload + 8) == 0x11223344 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
