/* Uses a frame of more than 2,048 bytes. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    uint8_t buffer[3000];
    asm volatile("" ::"r"(buffer) : "memory");
    buffer[0] = rand(); // refused: verify.stack
    asm volatile("" ::"r"(buffer) : "memory");
    return buffer[0] & 1;
}
