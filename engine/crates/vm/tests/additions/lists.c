/* Tags with what the lists say of the source and of the payload's first 4 bytes. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#include "flowprotect_abi.h"

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers headers;
    if (parse_packet_data(state, &p, &headers) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(headers.udp + 1);
    if (payload + 8 > headers.data_end)
        return CF_EBPF_DROP;
    int64_t source = fp_list_source("trusted");
    int64_t address = fp_list_address("trusted", payload, 4);
    int64_t none = fp_list_source("nobody");
    set_network_analytics_tag((uint64_t)source << 32 | (uint64_t)(address & 0xffff) << 16 | (uint64_t)(none & 0xffff));
    return CF_EBPF_PASS;
}
