package multipart

import "hash/crc64"

// nvme is the polynomial of CRC64NVME, reflected (NVM Command Set Specification 1.0, 5.2.1.3.4), as in
// github.com/minio/crc64nvme.
const nvme = 0x9a6c9329ac4bc9b5

// ecmaOf takes the other CRC that backends ask for; hash/crc64 has its polynomial in the same, reflected form, and makes the table once.
func ecmaOf(data []byte) uint64 { return crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)) }

// combine returns the CRC of two byte strings in a row, of which the second has length bytes, from the CRCs of each.
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
