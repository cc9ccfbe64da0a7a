// C[m, n] = sum over k of A[m, k] B[k, n] for m < ROWS, n < COLUMNS, k < DEPTH, by work-groups that share what they load.
//
// What the matrices are say four functions, which stand before this text: a(left, share, m, k0, k) and
// b(right, share, k0, k, n) give A[m, k0 + k] and B[k0 + k, n], c(beside, out, share, m, n, sum) keeps a result, and
// empty(share, k0, n0, columns) says that B has only zeros in the chunk of k from k0 on, so that it may be left out. A
// product may come in several shares, each with other matrices.
//
// A work-group computes TILE_M x TILE_N results, each of its work-items ITEM_M x ITEM_N of them in registers. Chunk by
// chunk of k it brings its part of A and B to local memory, so that a value is loaded once for all that need it. Neighbours
// load what lies side by side in memory: along k where A_ALONG_K or B_ALONG_K say so, else along m or n. The columns of a
// work-item are ITEMS_N apart, so that neighbours read and write neighbours; its rows are one vector. Rows in local memory
// are a little longer than needed: values that lie above each other, which loads along k write together, fall into
// different banks.
//
// Places are unsigned numbers, so that a division by a constant is a shift or a mask and what is the same in each round of
// a loop is computed once: signed ones take twice the registers.
//
// Global size: (ITEMS x tiles, shares, 1), tiles of m first, so that groups at work together share their part of B. Where a
// launch is cut, get_group_id starts from 0 again, get_global_id does not.

#define ITEMS_N (TILE_N / ITEM_N)
#define ITEMS (TILE_M / ITEM_M * ITEMS_N)
#define M_TILES ((ROWS + TILE_M - 1) / TILE_M)
#define IN(place, size, tile) ((size) % (tile) == 0 || (place) < (size))  // never asked where tiles divide the size

typedef JOIN(float, ITEM_M) NAME(rows);
typedef union { NAME(rows) all; float each[ITEM_M]; } NAME(Rows);

__attribute__((reqd_work_group_size(ITEMS, 1, 1)))
kernel void NAME(gemm)(global const float *restrict left, global const float *restrict right,
                       global const float *restrict beside, global float *restrict out)
{
    local NAME(rows) part_a[CHUNK][TILE_M / ITEM_M + 1];
    local float part_b[CHUNK][TILE_N + 4];
    const uint share = get_global_id(1), tile = get_global_id(0) / ITEMS;
    const uint item = get_local_id(0) % ITEMS;  // which it is anyway, but now the compiler knows its range
    const uint m0 = tile % M_TILES * TILE_M, n0 = tile / M_TILES * TILE_N;
    const uint row = item / ITEMS_N, column = item % ITEMS_N;

    NAME(Rows) sums[ITEM_N];
    UNROLL for (uint j = 0; j < ITEM_N; j++)
        sums[j].all = (NAME(rows))(0.0f);

    _Pragma("unroll 1") for (uint k0 = 0; k0 < DEPTH; k0 += CHUNK) {  // a compiler that unrolls it runs out of registers
        if (NAME(empty)(share, k0, n0, TILE_N))
            continue;
        UNROLL for (uint first = 0; first < TILE_M * CHUNK; first += ITEMS) {
            const uint i = first + item;
            const uint m = A_ALONG_K ? i / CHUNK : i % TILE_M, k = A_ALONG_K ? i % CHUNK : i / TILE_M;
            const uint inside = IN(m0 + m, ROWS, TILE_M) && IN(k0 + k, DEPTH, CHUNK);
            ((local float *)part_a[k])[m] = inside ? NAME(a)(left, share, m0 + m, k0, k) : 0.0f;
        }
        UNROLL for (uint first = 0; first < TILE_N * CHUNK; first += ITEMS) {
            const uint i = first + item;
            const uint n = B_ALONG_K ? i / CHUNK : i % TILE_N, k = B_ALONG_K ? i % CHUNK : i / TILE_N;
            const uint inside = IN(n0 + n, COLUMNS, TILE_N) && IN(k0 + k, DEPTH, CHUNK);
            part_b[k][n] = inside ? NAME(b)(right, share, k0, k, n0 + n) : 0.0f;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        UNROLL for (uint k = 0; k < CHUNK; k++) {
            const NAME(rows) values = part_a[k][row];
            UNROLL for (uint j = 0; j < ITEM_N; j++)
                sums[j].all += values * part_b[k][column + j * ITEMS_N];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    UNROLL for (uint j = 0; j < ITEM_N; j++) {
        const uint n = n0 + column + j * ITEMS_N;
        UNROLL for (uint i = 0; i < ITEM_M; i++) {
            const uint m = m0 + row * ITEM_M + i;
            if (IN(m, ROWS, TILE_M) && IN(n, COLUMNS, TILE_N))
                NAME(c)(beside, out, share, m, n, sums[j].each[i]);
        }
    }
}
