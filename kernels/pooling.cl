// Pooling and its gradient. Inputs CHANNELS x HEIGHT x WIDTH, outputs CHANNELS x OUT_HEIGHT x OUT_WIDTH, blocked as the
// prelude says. Where a window is the whole picture, that is a global pooling. Padding is never chosen, and counts as zeros.
//
// Forward: a work-item handles TILE_X columns of one row of one channel of the output. Tiles: columns, then rows with channels.

typedef VECTOR_OF(INDEX) NAME(indexv);
#define TO_INDEX JOIN(convert_, VECTOR_OF(INDEX))
#define AREA (KERNEL_H * KERNEL_W)
// Large windows would be much code for nothing.
#if KERNEL_H * KERNEL_W <= 16
#define UNROLL_WINDOW UNROLL
#else
#define UNROLL_WINDOW
#endif
#if STRIDE_H * STRIDE_W <= 16
#define UNROLL_CELL UNROLL
#else
#define UNROLL_CELL
#endif

// Where the windows of a tile begin in the picture: at row `top`, and column `left` for the output's column x.
#define WINDOWS                                                                                                          \
    const int line = tile / X_TILES, x0 = tile % X_TILES * TILE_X;                                                       \
    const int channel = line / OUT_HEIGHT, top = line % OUT_HEIGHT * STRIDE_H - PAD_H;                                   \
    global const float *X = inputs + at(CHANNELS * HEIGHT * WIDTH, block, lane) + channel * HEIGHT * WIDTH * BLOCK;      \
    const size_t outs = at(CHANNELS * OUT_HEIGHT * OUT_WIDTH, block, lane) + line * OUT_WIDTH * BLOCK
#define FOR_COLUMNS for (int x = x0, left = x0 * STRIDE_W - PAD_W; x < min(x0 + TILE_X, OUT_WIDTH); x++, left += STRIDE_W)
#define FOR_WINDOW UNROLL_WINDOW for (int ky = 0; ky < KERNEL_H; ky++) UNROLL_WINDOW for (int kx = 0; kx < KERNEL_W; kx++)
#define IN_PICTURE(row, column) \
    ((PAD_H == 0 && PAD_W == 0) || ((row) >= 0 && (row) < HEIGHT && (column) >= 0 && (column) < WIDTH))
#define VALUE LOAD(X + ((top + ky) * WIDTH + left + kx) * BLOCK)
#define K (ky * KERNEL_W + kx)
#define SET_WINNER(x, winner) *(global NAME(indexv) *)(winners + outs + (x) * BLOCK) = TO_INDEX(winner)

// The largest value of each window, or the smallest: BETTER than others, from WORST on. And which place of the window it has:
// the first, row by row, when several are equal; a NaN beats everything.
TASK(extreme)(AT, global const float *restrict inputs, global float *restrict outputs, global INDEX *restrict winners)
{
    WINDOWS;
    FOR_COLUMNS {
        floatv best = (floatv)(WORST);
        intv winner = (intv)(max(-top, 0) * KERNEL_W + max(-left, 0));
        FOR_WINDOW if (IN_PICTURE(top + ky, left + kx)) {
            const floatv value = VALUE;
            const intv better = (value BETTER best) | (value != value);
            best = select(best, value, better);
            winner = select(winner, (intv)(K), better);
        }
        STORE(outputs + outs + x * BLOCK, best);
        SET_WINNER(x, winner);
    }
}

// The middle value of each window, of an even number the lower one, and the first place that has it. What is outside of the
// picture comes last. A NaN beats everything.
TASK(median)(AT, global const float *restrict inputs, global float *restrict outputs, global INDEX *restrict winners)
{
    WINDOWS;
    FOR_COLUMNS {
        floatv values[AREA], sorted[AREA];
        int count = 0;
        FOR_WINDOW {
            const bool inside = IN_PICTURE(top + ky, left + kx);
            values[K] = inside ? VALUE : (floatv)(INFINITY);
            count += inside;
        }
        UNROLL_WINDOW for (int k = 0; k < AREA; k++) {
            sorted[k] = values[k];
            UNROLL_WINDOW for (int i = 0; i < k; i++) {
                const floatv smaller = min(sorted[i], sorted[k]);
                sorted[k] = max(sorted[i], sorted[k]);
                sorted[i] = smaller;
            }
        }
        floatv middle = ZERO;
        UNROLL_WINDOW for (int k = 0; k < AREA; k++)
            middle = k == (count - 1) / 2 ? sorted[k] : middle;
        UNROLL_WINDOW for (int k = 0; k < AREA; k++)
            middle = select(middle, values[k], values[k] != values[k]);
        intv winner = 0;
        UNROLL_WINDOW for (int k = AREA - 1; k >= 0; k--)
            if (IN_PICTURE(top + k / KERNEL_W, left + k % KERNEL_W))
                winner = select(winner, (intv)(k), values[k] == middle);
        STORE(outputs + outs + x * BLOCK, middle);
        SET_WINNER(x, winner);
    }
}

// SCALE times the sum of each window.
TASK(sum)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    WINDOWS;
    FOR_COLUMNS {
        floatv sum = ZERO;
        FOR_WINDOW if (IN_PICTURE(top + ky, left + kx)) sum += VALUE;
        STORE(outputs + outs + x * BLOCK, sum * SCALE);
    }
}

// How many values of each window are above THRESHOLD; a NaN remains one.
TASK(count)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    WINDOWS;
    FOR_COLUMNS {
        floatv count = ZERO;
        FOR_WINDOW {
            const floatv value = IN_PICTURE(top + ky, left + kx) ? VALUE : ZERO;
            count += select(select(ZERO, (floatv)(1.0f), value > THRESHOLD), value, value != value);
        }
        STORE(outputs + outs + x * BLOCK, count);
    }
}

// ---- gradients: dX[y, x] = RESULT of the sum of SHARE over the windows that contain (y, x); WINDOW finds out about the window
// at `place`, and NO_WINDOW stands for none. A value of the input has place (ky, kx) in the window, and `here` in memory.
//
// Where windows do not overlap, strides cut the picture into cells of CELLS_H rows and CELLS_W columns, and each has one window
// or, at the lower and right edges, none. A work-item: TILE_U cells of one row of one channel.
#if STRIDE_H >= KERNEL_H && STRIDE_W >= KERNEL_W
#define WITHIN(place, size, padding, stride) (((padding) == 0 && (size) % (stride) == 0) || ((place) >= 0 && (place) < (size)))
#define GRADIENT(NO_WINDOW, WINDOW, SHARE, RESULT)                                                                          \
    const int line = tile / U_TILES, first = tile % U_TILES * TILE_U;                                                       \
    const int channel = line / CELLS_H, cell_row = line % CELLS_H;                                                          \
    const size_t outs = at(CHANNELS * OUT_HEIGHT * OUT_WIDTH, block, lane) + channel * OUT_HEIGHT * OUT_WIDTH * BLOCK;      \
    const size_t ins = at(CHANNELS * HEIGHT * WIDTH, block, lane) + channel * HEIGHT * WIDTH * BLOCK;                       \
    for (int cell = first; cell < min(first + TILE_U, CELLS_W); cell++) {                                                   \
        NO_WINDOW;                                                                                                          \
        if (cell_row < OUT_HEIGHT && cell < OUT_WIDTH) {                                                                    \
            const size_t place = outs + (cell_row * OUT_WIDTH + cell) * BLOCK;                                              \
            WINDOW;                                                                                                         \
        }                                                                                                                   \
        UNROLL_CELL for (int ky = 0; ky < STRIDE_H; ky++)                                                                   \
            UNROLL_CELL for (int kx = 0; kx < STRIDE_W; kx++) {                                                             \
                const int row = cell_row * STRIDE_H + ky - PAD_H, column = cell * STRIDE_W + kx - PAD_W;                    \
                const size_t here = ins + (row * WIDTH + column) * BLOCK;                                                   \
                const floatv sum = ky < KERNEL_H && kx < KERNEL_W ? SHARE : ZERO;                                           \
                if (WITHIN(row, HEIGHT, PAD_H, STRIDE_H) && WITHIN(column, WIDTH, PAD_W, STRIDE_W))                         \
                    GIVE(input_gradients + here, RESULT);                                                                   \
            }                                                                                                               \
    }
// Where they do, a work-item handles TILE_U values of one row of one channel. It gathers, so every value is written once.
#else
#define GRADIENT(NO_WINDOW, WINDOW, SHARE, RESULT)                                                                          \
    const int line = tile / U_TILES, first = tile % U_TILES * TILE_U;                                                       \
    const int channel = line / HEIGHT, y = line % HEIGHT + PAD_H;                                                           \
    const size_t outs = at(CHANNELS * OUT_HEIGHT * OUT_WIDTH, block, lane) + channel * OUT_HEIGHT * OUT_WIDTH * BLOCK;      \
    const size_t ins = at(CHANNELS * HEIGHT * WIDTH, block, lane) + line * WIDTH * BLOCK;                                   \
    for (int x = first; x < min(first + TILE_U, WIDTH); x++) {                                                              \
        const size_t here = ins + x * BLOCK;                                                                                \
        floatv sum = ZERO;                                                                                                  \
        UNROLL_WINDOW for (int ky = 0; ky < KERNEL_H; ky++) {                                                               \
            const int row = (y - ky) / STRIDE_H;                                                                            \
            if (y < ky || (y - ky) % STRIDE_H || row >= OUT_HEIGHT)                                                         \
                continue;                                                                                                   \
            UNROLL_WINDOW for (int kx = 0; kx < KERNEL_W; kx++) {                                                           \
                const int column = (x + PAD_W - kx) / STRIDE_W;                                                             \
                if (x + PAD_W < kx || (x + PAD_W - kx) % STRIDE_W || column >= OUT_WIDTH)                                   \
                    continue;                                                                                               \
                const size_t place = outs + (row * OUT_WIDTH + column) * BLOCK;                                             \
                NO_WINDOW;                                                                                                  \
                WINDOW;                                                                                                     \
                sum += SHARE;                                                                                               \
            }                                                                                                               \
        }                                                                                                                   \
        GIVE(input_gradients + here, RESULT);                                                                               \
    }
#endif

// BACKWARD is the derivative of the activation that made X. Where X is chosen it is the window's Y, so only Y, which is
// smaller, need be read.
TASK(chosen_gradient)(AT, global const INDEX *restrict winners, global const float *restrict output_gradients,
                      global const float *restrict outputs, global float *restrict input_gradients)
{
    GRADIENT(floatv d = ZERO; intv winner = -1,
             d = BACKWARD(LOAD(output_gradients + place), LOAD(outputs + place));
             winner = to_intv(*(global const NAME(indexv) *)(winners + place)),
             select(ZERO, d, winner == K), sum)
}

TASK(sum_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                   global float *restrict input_gradients)
{
    GRADIENT(floatv d = ZERO, d = SCALE * LOAD(output_gradients + place), d, BACKWARD(sum, LOAD(inputs + here)))
}

// That of a count: 0 everywhere.
TASK(zero_gradient)(AT, global float *restrict input_gradients)
{
    GRADIENT(, , ZERO, sum)
}
