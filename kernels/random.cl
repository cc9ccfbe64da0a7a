// Counted randomness, shared by all kernels: the hash of nnstudio/engine/random.py, so that all devices see the same.
// lowbias32 of Chris Wellons (public domain), for one number and for a vector of them.

#define MIX(type, name)           \
    inline type name(type value)  \
    {                             \
        value ^= value >> 16;     \
        value *= 0x7FEB352Du;     \
        value ^= value >> 15;     \
        value *= 0x846CA68Bu;     \
        return value ^ (value >> 16); \
    }

MIX(uint, mix_one)
MIX(uintv, mix)

// The key of one op's random numbers in one step.
inline uint random_stream(uint seed, uint step, uint op)
{
    const uint golden = 0x9E3779B9u;
    return mix_one(mix_one(mix_one(seed) + step + golden) + op + golden);
}

// The number of each image of a vector within the batch.
inline uintv image_numbers(int block, int lane)
{
    Uints numbers;
    UNROLL for (int i = 0; i < VECTOR; i++)
        numbers.each[i] = block * BLOCK + lane * VECTOR + i;
    return numbers.all;
}

// Random numbers as reals from -1 to 1, as whole ones below `count`, and two as a normally distributed one: see random.py.
INLINE floatv symmetric(uintv bits)
{
    return to_floatv(bits >> 8) * (1.0f / 8388608) - 1;
}

INLINE intv whole(uintv bits, uintv count)
{
    return to_intv(mul_hi(bits, count));
}

INLINE floatv normal(uintv first, uintv second)
{
    const floatv u = to_floatv((first >> 8) + 1) * (1.0f / 16777216), v = to_floatv(second >> 8) * (1.0f / 16777216);
    return sqrt(-2 * log(u)) * cospi(2 * v);  // three times as fast as cos(2 pi v) on PoCL
}
