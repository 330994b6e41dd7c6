% The first transform of a program that asks for a patient plan. Argument: the file for the result.
fftw ("planner", "patient");
x = reshape (mod ((0:600*500-1) * 7919, 1009), 600, 500);
start = tic;
y = fft2 (x);
printf ("first %.9f\n", toc (start));
to = fopen (argv (){end}, "wb");
fwrite (to, [real(y)(:)'; imag(y)(:)'], "double");
fclose (to);
