#!/usr/bin/env python3
"""Writes engine/powers_of_five.def: the first 128 bits of 5^-342 ... 5^308.

    python3 engine/powers_of_five.py > engine/powers_of_five.def

Cut off, but 5^-27 ... 5^-1 are rounded up, as the proof of the algorithm that uses them
asks for (Lemire, "Number parsing at a gigabyte per second", 2021).
"""


def top_bits(power):
    if power >= 0:
        value = 5**power << 128
    else:
        value = 2 ** ((5**-power).bit_length() + 256) // 5**-power
    value >>= value.bit_length() - 128
    return value + (-27 <= power < 0)


def main():
    print("/* POWER(first 64 bits, next 64 bits): powers_of_five.py wrote this. */")
    for power in range(-342, 309):
        value = top_bits(power)
        print("POWER(0x%016x, 0x%016x)" % (value >> 64, value & (2**64 - 1)))


if __name__ == "__main__":
    main()
