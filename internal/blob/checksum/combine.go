package checksum

import "hash/crc64"

// nvme is the polynomial of CRC64NVME, reflected (NVM Command Set Specification 1.0, 5.2.1.3.4), as in
// github.com/minio/crc64nvme.
// hash/crc64 has that of CRC64ECMA in the same form.
const nvme = 0x9a6c9329ac4bc9b5

// Append returns the checksums of two byte strings in a row, of which the second has length bytes, from those of each.
// Both have the checksums of the set. A SHA-256 cannot be put together: it is zero.
func (s Set) Append(first, second Sums, length int64) Sums {
	var sums Sums
	if s.Has(CRC64NVME) {
		sums.CRC64NVME = combine(nvme, first.CRC64NVME, second.CRC64NVME, length)
	}
	if s.Has(CRC64ECMA) {
		sums.CRC64ECMA = combine(crc64.ECMA, first.CRC64ECMA, second.CRC64ECMA, length)
	}
	return sums
}

// combine is Append for one CRC.
// Appending length bytes multiplies a CRC by x^(8*length) modulo the polynomial, as zlib's crc32_combine does.
func combine(polynomial, first, second uint64, length int64) uint64 {
	shift, power := uint64(1)<<63, uint64(1)<<(63-8) // x^0, x^8: reflected, the highest bit is the lowest power
	for ; length > 0; length >>= 1 {
		if length&1 == 1 {
			shift = multiply(polynomial, shift, power)
		}
		power = multiply(polynomial, power, power)
	}
	return multiply(polynomial, shift, first) ^ second
}

// multiply is a*b modulo a polynomial, all three reflected.
func multiply(polynomial, a, b uint64) uint64 {
	var product uint64
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry == 1 {
			b ^= polynomial
		}
	}
	return product
}
