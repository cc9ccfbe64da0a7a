// Upsampling. Inputs CHANNELS x HEIGHT x WIDTH, outputs FACTOR_H and FACTOR_W times as high and wide, blocked as the prelude
// says. The output's places are cut into cells of FACTOR_H x FACTOR_W, one for each value of the input, which lies in its
// middle; `shift` is how far, in values, a place lies below or to the right of that.
//
// A work-item: TILE_X values of one row of one channel of the input. Tiles: columns, then rows with channels.

#if FACTOR_H * FACTOR_W <= 16
#define UNROLL_CELL UNROLL
#else
#define UNROLL_CELL
#endif
#define OUT_WIDTH (WIDTH * FACTOR_W)
#define SHIFT(place, factor) (((place) + 0.5f) / (factor) - 0.5f)

#define LINE                                                                                                      \
    const int line = tile / X_TILES, x0 = tile % X_TILES * TILE_X;                                                \
    const int channel = line / HEIGHT, y = line % HEIGHT;                                                         \
    const size_t ins = at(CHANNELS * HEIGHT * WIDTH, block, lane) + channel * HEIGHT * WIDTH * BLOCK;             \
    const size_t outs = at(CHANNELS * HEIGHT * WIDTH * FACTOR_H * FACTOR_W, block, lane) +                        \
                        channel * HEIGHT * FACTOR_H * OUT_WIDTH * BLOCK
#define FOR_COLUMNS for (int x = x0; x < min(x0 + TILE_X, WIDTH); x++)
#define IN(row, column) (ins + ((row) * WIDTH + (column)) * BLOCK)
#define OUT(row, column) (outs + ((row) * OUT_WIDTH + (column)) * BLOCK)

// Every place of a cell has the cell's value.
TASK(nearest)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    LINE;
    FOR_COLUMNS {
        const floatv value = LOAD(inputs + IN(y, x));
        UNROLL_CELL for (int r = 0; r < FACTOR_H; r++)
            UNROLL_CELL for (int c = 0; c < FACTOR_W; c++)
                STORE(outputs + OUT(y * FACTOR_H + r, x * FACTOR_W + c), value);
    }
}

// BACKWARD is the derivative of the activation that made the input.
TASK(nearest_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                       global float *restrict input_gradients)
{
    LINE;
    FOR_COLUMNS {
        floatv sum = ZERO;
        UNROLL_CELL for (int r = 0; r < FACTOR_H; r++)
            UNROLL_CELL for (int c = 0; c < FACTOR_W; c++)
                sum += LOAD(output_gradients + OUT(y * FACTOR_H + r, x * FACTOR_W + c));
        GIVE(input_gradients + IN(y, x), BACKWARD(sum, LOAD(inputs + IN(y, x))));
    }
}

INLINE floatv NAME(between)(floatv before, floatv here, floatv behind, float shift)
{
    return here + shift * (shift < 0 ? here - before : behind - here);
}

// A place lies between its cell's value and those of the next cells, or has the edge's value beyond an edge: first the columns
// on the left, here, and on the right are blended from rows, then the place from them.
TASK(bilinear)(AT, global const float *restrict inputs, global float *restrict outputs)
{
    LINE;
    const int above = max(y - 1, 0), below = min(y + 1, HEIGHT - 1);
    FOR_COLUMNS {
        const int left = max(x - 1, 0), right = min(x + 1, WIDTH - 1);
        UNROLL_CELL for (int r = 0; r < FACTOR_H; r++) {
#define COLUMN(c) NAME(between)(LOAD(inputs + IN(above, c)), LOAD(inputs + IN(y, c)), LOAD(inputs + IN(below, c)), SHIFT(r, FACTOR_H))
            const floatv before = COLUMN(left), here = COLUMN(x), behind = COLUMN(right);
            UNROLL_CELL for (int c = 0; c < FACTOR_W; c++)
                STORE(outputs + OUT(y * FACTOR_H + r, x * FACTOR_W + c),
                      NAME(between)(before, here, behind, SHIFT(c, FACTOR_W)));
        }
    }
}

// How much of value i (of `size`) there is at place `place` of the output.
INLINE float NAME(weight)(int i, int place, int factor, int size)
{
    const float shift = clamp(SHIFT(place - i * factor, factor), (float)-i, (float)(size - 1 - i));
    return max(1.0f - fabs(shift), 0.0f);
}

// The same backwards, cell by cell: of a cell's columns, summed up over the rows that value y plays a part in, which are those
// of its own cell and the nearer half of the next ones, the cell's own value gets a share, and those before and behind it.
TASK(bilinear_gradient)(AT, global const float *restrict output_gradients, global const float *restrict inputs,
                        global float *restrict input_gradients)
{
    LINE;
    const int top = y * FACTOR_H - FACTOR_H / 2, last = min(x0 + TILE_X, WIDTH);
    floatv before = ZERO, here = ZERO;  // what values x - 1 and x have got so far
    for (int x = max(x0 - 1, 0); x < min(last + 1, WIDTH); x++) {
        floatv columns[FACTOR_W];
        UNROLL_CELL for (int c = 0; c < FACTOR_W; c++) columns[c] = ZERO;
        for (int r = max(top, 0); r < min(top + 2 * FACTOR_H, HEIGHT * FACTOR_H); r++) {
            const float weight = NAME(weight)(y, r, FACTOR_H, HEIGHT);
            UNROLL_CELL for (int c = 0; c < FACTOR_W; c++)
                columns[c] += weight * LOAD(output_gradients + OUT(r, x * FACTOR_W + c));
        }
        floatv to_left = ZERO, own = ZERO, to_right = ZERO;
        UNROLL_CELL for (int c = 0; c < FACTOR_W; c++) {
            own += (1.0f - fabs(SHIFT(c, FACTOR_W))) * columns[c];
            to_left += max(-SHIFT(c, FACTOR_W), 0.0f) * columns[c];
            to_right += max(SHIFT(c, FACTOR_W), 0.0f) * columns[c];
        }
        before += to_left;
        own += (x == 0 ? to_left : ZERO) + (x == WIDTH - 1 ? to_right : ZERO);
        if (x > x0)
            GIVE(input_gradients + IN(y, x - 1), BACKWARD(before, LOAD(inputs + IN(y, x - 1))));
        before = here + own;
        here = to_right;
    }
    if (last == WIDTH)
        GIVE(input_gradients + IN(y, WIDTH - 1), BACKWARD(before, LOAD(inputs + IN(y, WIDTH - 1))));
}
