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
