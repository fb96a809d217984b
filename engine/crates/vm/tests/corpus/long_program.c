/* Eight hundred tests, 4,000 instructions. differs: pfp-verifier takes minutes. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"
#define TEST(i)                                          \
    if (packet->packet_buffer[28 + (i)] == ((i) * 7 & 255)) \
        sum += rand();
#define TEN(i) TEST(i) TEST(i + 1) TEST(i + 2) TEST(i + 3) TEST(i + 4) TEST(i + 5) TEST(i + 6) TEST(i + 7) TEST(i + 8) TEST(i + 9)
#define HUNDRED(i) TEN(i) TEN(i + 10) TEN(i + 20) TEN(i + 30) TEN(i + 40) TEN(i + 50) TEN(i + 60) TEN(i + 70) TEN(i + 80) TEN(i + 90)

uint64_t cf_ebpf_main(void *state) {
    struct cf_ebpf_packet_data *packet;
    struct cf_ebpf_parsed_headers headers;
    uint64_t sum = 0;
    if (parse_packet_data(state, &packet, &headers) != 0)
        return CF_EBPF_DROP;
    HUNDRED(0) HUNDRED(100) HUNDRED(200) HUNDRED(300) HUNDRED(400) HUNDRED(500) HUNDRED(600) HUNDRED(700)
    return sum & 1;
}
