// Shared by all kernels, placed before them once a program.
//
// VECTOR images form one OpenCL vector, BLOCK images lie side by side in memory; both are defined before this text.
//
// Layout of a tensor with `size` values an image: [block][value][image within its block], so that value e of the vector
// of images that starts at `at(tensor, size, block, lane)` lies e * BLOCK floats further. Images without a sample (the
// batch is padded to whole blocks) have the label -1.
//
// Work is written as tasks: TASK(name)(AT, buffers and values) { ... } is what has to be done at one place AT of a launch,
// which is a lane, a tile and a block. The host makes kernels of tasks, one of each or many in a row, so tasks never ask
// OpenCL where they are. Launched over images, a global size is (LANES, tiles, blocks); over anything else it is
// (1, tiles, parts), and what is called `block` here is the number of a part.

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#if VECTOR == 1
#define WIDTH_SUFFIX
#else
#define WIDTH_SUFFIX VECTOR
#endif
#define VECTOR_OF(type) JOIN(type, WIDTH_SUFFIX)

typedef VECTOR_OF(float) floatv;
typedef VECTOR_OF(int) intv;
typedef VECTOR_OF(uint) uintv;

#define to_floatv VECTOR_OF(convert_float)
#define to_intv VECTOR_OF(convert_int)
#define to_uintv VECTOR_OF(convert_uint)
#define ZERO ((floatv)(0.0f))

// A vector whose elements are used one by one.
typedef union { int each[VECTOR]; intv all; } Ints;
typedef union { uint each[VECTOR]; uintv all; } Uints;
typedef union { float each[VECTOR]; floatv all; } Floats;

#define LANES (BLOCK / VECTOR)
#define LOAD(address) (*(global const floatv *)(address))
#define STORE(address, value) (*(global floatv *)(address) = (value))
#define UNROLL _Pragma("unroll")
#define INLINE inline __attribute__((always_inline))
#define TASK(name) INLINE void JOIN(NAME(name), _task)
#define AT const int lane, int tile, const int block

// What the host says about a step, by value: place of its first sample in the epoch's order, samples in its batch, its
// number from 0, the row of its metrics, and whether it trains (dropout is on) or only uses the network.
typedef uint8 Step;
#define FIRST(step) ((step).s0)
#define COUNT(step) ((step).s1)
#define NUMBER(step) ((step).s2)
#define SLOT(step) ((step).s3)
#define TRAINING(step) ((step).s4)

inline size_t at(int size, int block, int lane)
{
    return (size_t)block * size * BLOCK + lane * VECTOR;
}

// Sum over the images of a vector, always in the same order.
INLINE float sum_lanes(floatv x)
{
#if VECTOR == 16
    float8 x8 = x.lo + x.hi;
#elif VECTOR == 8
    float8 x8 = x;
#endif
#if VECTOR >= 8
    float4 x4 = x8.lo + x8.hi;
#elif VECTOR == 4
    float4 x4 = x;
#endif
#if VECTOR >= 4
    float2 x2 = x4.lo + x4.hi;
#elif VECTOR == 2
    float2 x2 = x;
#endif
#if VECTOR >= 2
    return x2.x + x2.y;
#else
    return x;
#endif
}

// The first of `tile` cells in tile number `index` of `size`: the last tile is shifted back rather than cut.
inline int tile_start(int index, int tile, int size)
{
    return min(index * tile, size - tile);
}

// Whether a cell belongs to tile number `index`, and not to the one before it, which the last tile may overlap.
#define OWN(cell, index, tile) ((cell) >= (index) * (tile))
