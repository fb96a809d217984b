/* Reads an address that it made up. */
#define CF_EBPF_HELPER_V0
#include "cf_ebpf_helper.h"

uint64_t cf_ebpf_main(void *state) {
    return *(volatile uint8_t *)0x30010 & 1; // refused: verify.pointer
}
