import {
  Controller,
  Get,
  Module,
  Param,
  Post,
  Res,
  UploadedFile,
  UploadedFiles,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FileInterceptor, FilesInterceptor } from '@nestjs/platform-express';
import {
  BlobContainer,
  BlobController,
  BlobModule,
  BlobResponse,
  BlobResponseInterceptor,
  BlobStore,
  blobStorage,
  memoryBlobs,
  sendBlob,
  type UploadedBlob,
} from '@rookery/blob';
import { chaosBlobs } from '@rookery/blob/testing';
import type { Response } from 'express';

@BlobContainer('pictures', { maxBytes: 3_000_000, contentTypes: ['image/png', 'text/html', 'text/plain'] })
export class Pictures extends BlobStore {}

/** The store behind the app. */
export const chaos = chaosBlobs(memoryBlobs());

@Controller()
class PicturesController {
  constructor(private readonly pictures: Pictures) {}

  @Post('one')
  @UseInterceptors(
    FileInterceptor('file', { storage: blobStorage(Pictures, { name: (_, file) => `up/${file.originalname}` }) }),
  )
  one(@UploadedFile() file: UploadedBlob) {
    return { name: file.blob.name, size: file.size, sha256: file.blob.sha256, original: file.originalname };
  }

  @Post('many')
  @UseInterceptors(FilesInterceptor('files', 5, { storage: blobStorage(Pictures) }))
  many(@UploadedFiles() files: UploadedBlob[]) {
    return files.map(({ blob }) => blob.name);
  }

  @Get('send/:name')
  async send(@Param('name') name: string, @Res() res: Response) {
    await sendBlob(res, this.pictures, name, { disposition: 'inline' });
  }

  @UseInterceptors(BlobResponseInterceptor)
  @Get('return/:name')
  returned(@Param('name') name: string) {
    return new BlobResponse(this.pictures, name, { disposition: 'inline' });
  }
}

@Module({
  imports: [
    BlobModule.forRoot({ driver: chaos.driver, urls: { secret: 'a secret that has more than 32 characters' } }),
    BlobModule.forFeature([Pictures]),
  ],
  controllers: [PicturesController, BlobController],
})
class TestApp {}

/** The app, listening. */
export async function startPictures() {
  const app = await NestFactory.create(TestApp, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), pictures: app.get(Pictures) };
}
