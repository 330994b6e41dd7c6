% A program that asks for nothing: Octave estimates. Argument: the file for the result.
n = 1024;
x = complex (reshape (mod ((0:n*n-1) * 7919, 1009), n, n), reshape (mod ((0:n*n-1) * 6007, 997), n, n));
y = fft2 (x);
best = Inf;
for repetition = 1:20
  start = tic;
  y = fft2 (x);
  best = min (best, toc (start));
endfor
printf ("execution %.9f\n", best);
to = fopen (argv (){end}, "wb");
fwrite (to, [real(y)(:)'; imag(y)(:)'], "double");
fclose (to);
