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
    if (payload + 8 > h.data_end) return 1;
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    __sync_fetch_and_add((uint64_t *)payload, 1);
    return 0;
}
