// expect: any
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define HIDE(x) asm volatile("" : "+r"(x))
uint64_t cf_ebpf_main(void *s) {
    struct cf_ebpf_packet_data *p;
    struct cf_ebpf_parsed_headers h;
    if (parse_packet_data(s, &p, &h) != 0)
        return CF_EBPF_DROP;
    uint8_t *payload = (uint8_t *)(h.udp + 1);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < 64; i++)
        for (uint64_t j = 0; j < 64; j++) {
            if (payload + i * 64 + j + 1 > h.data_end)
                return CF_EBPF_DROP;
            sum += payload[i * 64 + j];
        }
    return sum & 1;
}
