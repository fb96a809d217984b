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
    volatile uint64_t v[64];
    uint64_t x = rand();
    if (x & (1ull << 0)) v[0] = rand(); else v[0] = 0;
    if (x & (1ull << 1)) v[1] = rand(); else v[1] = 1;
    if (x & (1ull << 2)) v[2] = rand(); else v[2] = 2;
    if (x & (1ull << 3)) v[3] = rand(); else v[3] = 3;
    if (x & (1ull << 4)) v[4] = rand(); else v[4] = 4;
    if (x & (1ull << 5)) v[5] = rand(); else v[5] = 5;
    if (x & (1ull << 6)) v[6] = rand(); else v[6] = 6;
    if (x & (1ull << 7)) v[7] = rand(); else v[7] = 7;
    if (x & (1ull << 8)) v[8] = rand(); else v[8] = 8;
    if (x & (1ull << 9)) v[9] = rand(); else v[9] = 9;
    if (x & (1ull << 10)) v[10] = rand(); else v[10] = 10;
    if (x & (1ull << 11)) v[11] = rand(); else v[11] = 11;
    if (x & (1ull << 12)) v[12] = rand(); else v[12] = 12;
    if (x & (1ull << 13)) v[13] = rand(); else v[13] = 13;
    if (x & (1ull << 14)) v[14] = rand(); else v[14] = 14;
    if (x & (1ull << 15)) v[15] = rand(); else v[15] = 15;
    if (x & (1ull << 16)) v[16] = rand(); else v[16] = 16;
    if (x & (1ull << 17)) v[17] = rand(); else v[17] = 17;
    if (x & (1ull << 18)) v[18] = rand(); else v[18] = 18;
    if (x & (1ull << 19)) v[19] = rand(); else v[19] = 19;
    if (x & (1ull << 20)) v[20] = rand(); else v[20] = 20;
    if (x & (1ull << 21)) v[21] = rand(); else v[21] = 21;
    if (x & (1ull << 22)) v[22] = rand(); else v[22] = 22;
    if (x & (1ull << 23)) v[23] = rand(); else v[23] = 23;
    if (x & (1ull << 24)) v[24] = rand(); else v[24] = 24;
    if (x & (1ull << 25)) v[25] = rand(); else v[25] = 25;
    if (x & (1ull << 26)) v[26] = rand(); else v[26] = 26;
    if (x & (1ull << 27)) v[27] = rand(); else v[27] = 27;
    if (x & (1ull << 28)) v[28] = rand(); else v[28] = 28;
    if (x & (1ull << 29)) v[29] = rand(); else v[29] = 29;
    if (x & (1ull << 30)) v[30] = rand(); else v[30] = 30;
    if (x & (1ull << 31)) v[31] = rand(); else v[31] = 31;
    if (x & (1ull << 32)) v[32] = rand(); else v[32] = 32;
    if (x & (1ull << 33)) v[33] = rand(); else v[33] = 33;
    if (x & (1ull << 34)) v[34] = rand(); else v[34] = 34;
    if (x & (1ull << 35)) v[35] = rand(); else v[35] = 35;
    if (x & (1ull << 36)) v[36] = rand(); else v[36] = 36;
    if (x & (1ull << 37)) v[37] = rand(); else v[37] = 37;
    if (x & (1ull << 38)) v[38] = rand(); else v[38] = 38;
    if (x & (1ull << 39)) v[39] = rand(); else v[39] = 39;
    if (x & (1ull << 40)) v[40] = rand(); else v[40] = 40;
    if (x & (1ull << 41)) v[41] = rand(); else v[41] = 41;
    if (x & (1ull << 42)) v[42] = rand(); else v[42] = 42;
    if (x & (1ull << 43)) v[43] = rand(); else v[43] = 43;
    if (x & (1ull << 44)) v[44] = rand(); else v[44] = 44;
    if (x & (1ull << 45)) v[45] = rand(); else v[45] = 45;
    if (x & (1ull << 46)) v[46] = rand(); else v[46] = 46;
    if (x & (1ull << 47)) v[47] = rand(); else v[47] = 47;
    if (x & (1ull << 48)) v[48] = rand(); else v[48] = 48;
    if (x & (1ull << 49)) v[49] = rand(); else v[49] = 49;
    if (x & (1ull << 50)) v[50] = rand(); else v[50] = 50;
    if (x & (1ull << 51)) v[51] = rand(); else v[51] = 51;
    if (x & (1ull << 52)) v[52] = rand(); else v[52] = 52;
    if (x & (1ull << 53)) v[53] = rand(); else v[53] = 53;
    if (x & (1ull << 54)) v[54] = rand(); else v[54] = 54;
    if (x & (1ull << 55)) v[55] = rand(); else v[55] = 55;
    if (x & (1ull << 56)) v[56] = rand(); else v[56] = 56;
    if (x & (1ull << 57)) v[57] = rand(); else v[57] = 57;
    if (x & (1ull << 58)) v[58] = rand(); else v[58] = 58;
    if (x & (1ull << 59)) v[59] = rand(); else v[59] = 59;
    if (x & (1ull << 60)) v[60] = rand(); else v[60] = 60;
    if (x & (1ull << 61)) v[61] = rand(); else v[61] = 61;
    if (x & (1ull << 62)) v[62] = rand(); else v[62] = 62;
    if (x & (1ull << 63)) v[63] = rand(); else v[63] = 63;
    return v[x & 63] & 1;
}
