// Maximum and average pooling and their gradients. Inputs CHANNELS x HEIGHT x WIDTH, outputs CHANNELS x OUT_HEIGHT x
// OUT_WIDTH, blocked as the prelude says. Padding never wins a maximum and counts as zeros in an average.
//
// A work-item handles TILE_X columns of one row of one channel. Tiles: columns, then rows with channels.

typedef VECTOR_OF(INDEX) NAME(indexv);
#define TO_INDEX JOIN(convert_, VECTOR_OF(INDEX))
// Large windows would be much code for nothing.
#if KERNEL_H * KERNEL_W <= 16
#define UNROLL_WINDOW UNROLL
#else
#define UNROLL_WINDOW
#endif
#define IN_PICTURE(row, column) \
    ((PAD_H == 0 && PAD_W == 0) || ((row) >= 0 && (row) < HEIGHT && (column) >= 0 && (column) < WIDTH))

// The largest value of each window, and which place of the window it has: the first, row by row, when several are equal;
// a NaN beats everything.
TASK(maximum)(AT, global const float *restrict inputs, global float *restrict outputs, global INDEX *restrict winners)
{
    const int line = tile / X_TILES;
    const int x0 = tile_start(tile % X_TILES, TILE_X, OUT_WIDTH);
    const int channel = line / OUT_HEIGHT, top = line % OUT_HEIGHT * STRIDE_H - PAD_H;
    global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, block, lane) + channel * HEIGHT * WIDTH * BLOCK;
    const size_t out = at(CHANNELS * OUT_HEIGHT * OUT_WIDTH, block, lane) + (line * OUT_WIDTH + x0) * BLOCK;

    for (int x = 0; x < TILE_X; x++) {
        const int left = (x0 + x) * STRIDE_W - PAD_W;
        floatv best = (floatv)(-INFINITY);
        intv winner = (intv)(max(-top, 0) * KERNEL_W + max(-left, 0));
        UNROLL_WINDOW for (int ky = 0; ky < KERNEL_H; ky++)
            UNROLL_WINDOW for (int kx = 0; kx < KERNEL_W; kx++)
                if (IN_PICTURE(top + ky, left + kx)) {
                    const floatv value = LOAD(X + ((top + ky) * WIDTH + left + kx) * BLOCK);
                    const intv better = (value > best) | (value != value);
                    best = select(best, value, better);
                    winner = select(winner, (intv)(ky * KERNEL_W + kx), better);
                }
        STORE(outputs + out + x * BLOCK, best);
        *(global NAME(indexv) *)(winners + out + x * BLOCK) = TO_INDEX(winner);
    }
}

// The mean of each window.
TASK(average)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    const int line = tile / X_TILES;
    const int x0 = tile_start(tile % X_TILES, TILE_X, OUT_WIDTH);
    const int channel = line / OUT_HEIGHT, top = line % OUT_HEIGHT * STRIDE_H - PAD_H;
    global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, block, lane) + channel * HEIGHT * WIDTH * BLOCK;
    global float *Y = outputs + at(CHANNELS * OUT_HEIGHT * OUT_WIDTH, block, lane) + (line * OUT_WIDTH + x0) * BLOCK;

    for (int x = 0; x < TILE_X; x++) {
        const int left = (x0 + x) * STRIDE_W - PAD_W;
        floatv sum = ZERO;
        UNROLL_WINDOW for (int ky = 0; ky < KERNEL_H; ky++)
            UNROLL_WINDOW for (int kx = 0; kx < KERNEL_W; kx++)
                if (IN_PICTURE(top + ky, left + kx))
                    sum += LOAD(X + ((top + ky) * WIDTH + left + kx) * BLOCK);
        STORE(Y + x * BLOCK, sum * (1.0f / (KERNEL_H * KERNEL_W)));
    }
}

// dX[y, x] = RESULT of the sum of SHARE(dY) over the windows that contain (y, x). Gathered, not scattered, so windows may
// overlap and every value is written once. A work-item: TILE_U columns of one row of one channel of the input.
#define GRADIENT(SHARE, RESULT)                                                                                        \
    const int line = tile / U_TILES;                                                                                   \
    const int x0 = tile_start(tile % U_TILES, TILE_U, WIDTH);                                                          \
    const int channel = line / HEIGHT, y = line % HEIGHT + PAD_H;                                                      \
    const size_t outs = at(CHANNELS * OUT_HEIGHT * OUT_WIDTH, block, lane) + channel * OUT_HEIGHT * OUT_WIDTH * BLOCK; \
    const size_t ins = at(CHANNELS * HEIGHT * WIDTH, block, lane) + line * WIDTH * BLOCK;                              \
    for (int x = x0; x < x0 + TILE_U; x++) {                                                                           \
        floatv sum = ZERO;                                                                                             \
        UNROLL_WINDOW for (int ky = 0; ky < KERNEL_H; ky++) {                                                          \
            const int row = (y - ky) / STRIDE_H;                                                                       \
            if (y < ky || (y - ky) % STRIDE_H || row >= OUT_HEIGHT)                                                    \
                continue;                                                                                              \
            UNROLL_WINDOW for (int kx = 0; kx < KERNEL_W; kx++) {                                                      \
                const int column = (x + PAD_W - kx) / STRIDE_W;                                                        \
                if (x + PAD_W < kx || (x + PAD_W - kx) % STRIDE_W || column >= OUT_WIDTH)                              \
                    continue;                                                                                          \
                const size_t place = outs + (row * OUT_WIDTH + column) * BLOCK;                                        \
                const floatv d = LOAD(output_gradients + place);                                                       \
                sum += SHARE;                                                                                          \
            }                                                                                                          \
        }                                                                                                              \
        GIVE(input_gradients + ins + x * BLOCK, RESULT);                                                              \
    }

// BACKWARD is the derivative of the activation that made X. Where X is the largest of its window it is the window's Y, so
// only Y, which is smaller, need be read.
TASK(maximum_gradient)(AT, global const INDEX *restrict winners, global const float *restrict output_gradients,
                       global const float *restrict outputs, global float *restrict input_gradients)
{
    GRADIENT(select(ZERO, BACKWARD(d, LOAD(outputs + place)),
                    to_intv(*(global const NAME(indexv) *)(winners + place)) == ky * KERNEL_W + kx), sum)
}

TASK(average_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                       global float *restrict input_gradients)
{
    GRADIENT(d * (1.0f / (KERNEL_H * KERNEL_W)), BACKWARD(sum, LOAD(inputs + ins + x * BLOCK)))
}
