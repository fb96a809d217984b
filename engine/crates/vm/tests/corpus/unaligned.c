/* Reads a 32-bit and a 64-bit field at odd offsets. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *p = (uint8_t *)(headers.udp + 1);
    if (p + 13 > headers.data_end)
        return CF_EBPF_DROP;
    uint32_t magic;
    uint64_t session;
    __builtin_memcpy(&magic, p + 1, 4);
    __builtin_memcpy(&session, p + 5, 8);
    return ntohl(magic) == 7 && ntohll(session) != 0 ? CF_EBPF_PASS : CF_EBPF_DROP;
}
